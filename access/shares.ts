import type { Clock } from "../transfers/clock.ts";
import type { TransferRecord } from "../transfers/types.ts";
import { checkEnd, hasExpired } from "./expiry.ts";
import type { Authenticator, Identity } from "./identity.ts";
import type { AccessStore, ShareRecord } from "./ports.ts";
import type { Signer } from "./signer.ts";
import { unauthenticated } from "./unauthenticated.ts";

const PREFIX = "gramshare_";
const ORIGIN = "share:";

/** A share as its owner sees it. */
export interface Share {
  /** The token that lets anybody follow the transfer. */
  readonly token: string;
  /** Milliseconds since the epoch; null where it does not expire. */
  readonly expiresAt: number | null;
}

/**
 * Transfers that anybody with their link may follow. The token is an id and its signature, so that the link can be shown
 * again.
 */
export class Shares implements Authenticator {
  readonly #store: AccessStore;
  readonly #signer: Signer;
  readonly #clock: Clock;

  constructor(store: AccessStore, signer: Signer, clock: Clock) {
    this.#store = store;
    this.#signer = signer;
    this.#clock = clock;
  }

  /**
   * Shares a transfer. One that is shared keeps its link, and gets this end.
   *
   * @param expiresAt Milliseconds since the epoch; null for until it is revoked.
   * @throws {GramcastError} BAD_USER_INPUT for an end in the past.
   */
  async share({ id: transferId, owner }: TransferRecord, expiresAt: number | null): Promise<Share> {
    const now = this.#clock.now();
    checkEnd("share the transfer until then", expiresAt, now);
    const id = (await this.#alive(transferId))?.id ?? crypto.randomUUID();
    await this.#store.putShare({ id, transferId, owner, createdAt: now, expiresAt });
    return { token: this.#token(id), expiresAt };
  }

  /** The share of a transfer; null where it is not shared. */
  async of(transferId: string): Promise<Share | null> {
    const share = await this.#alive(transferId);
    return share && { token: this.#token(share.id), expiresAt: share.expiresAt };
  }

  /** From now on the link opens nothing, and who follows by it is sent away. */
  async revoke(transferId: string): Promise<void> {
    await this.#store.removeShareOf(transferId);
  }

  async identify(token: string): Promise<Identity | undefined> {
    if (!token.startsWith(PREFIX)) return undefined;
    const [id = "", signature = ""] = token.slice(PREFIX.length).split(".");
    const share = this.#signer.verifies(signature, ORIGIN, id) ? await this.#store.shareById(id) : null;
    if (share === null) throw unauthenticated("a link that was revoked or never was");
    if (hasExpired(share.expiresAt, this.#clock.now())) throw unauthenticated("a link that has expired");
    return identityOf(share);
  }

  async recall(origin: string): Promise<Identity | null> {
    if (!origin.startsWith(ORIGIN)) return null;
    const share = await this.#store.shareById(origin.slice(ORIGIN.length));
    return share && identityOf(share);
  }

  async #alive(transferId: string): Promise<ShareRecord | null> {
    const share = await this.#store.shareOf(transferId);
    return share === null || hasExpired(share.expiresAt, this.#clock.now()) ? null : share;
  }

  #token(id: string): string {
    return `${PREFIX}${id}.${this.#signer.sign(ORIGIN, id)}`;
  }
}

function identityOf({ id, owner, transferId: follows, expiresAt }: ShareRecord): Identity {
  return { caller: { name: "link", owner, role: "VIEWER", follows }, expiresAt, origin: ORIGIN + id };
}
