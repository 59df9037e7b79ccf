import { workLeft } from "../../engine/descent/work_done.ts";
import type { Caller, Role } from "../caller.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { QUOTA_NAMES, quotaExceeded, type QuotaName, type Quotas, type Share } from "../quotas.ts";
import type { Exclusion, ImageStore, TransferQueue, TransferStore } from "../storage/ports.ts";
import type { Owner, TransferRecord } from "../types.ts";

const DAY = 86_400_000;

/** What a transfer's work depends on. */
type Work = Pick<TransferRecord, "owner" | "options" | "step">;

export interface QuotaPorts {
  readonly store: TransferStore;
  readonly images: ImageStore;
  readonly queue: TransferQueue;
  readonly exclusion: Exclusion;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Holds what owners ask for against their quotas. What is used is what the storage says, so that a restart forgets
 * nothing; requests of one owner come one after another where they are counted, to whichever server, so that no two take
 * the last place.
 */
export class QuotaBook {
  readonly #ports: QuotaPorts;
  readonly #quotas: Quotas;

  constructor(ports: QuotaPorts, quotas: Quotas) {
    this.#ports = ports;
    this.#quotas = quotas;
  }

  /** How many transfers of an owner may run at once, by the role under which they were admitted. */
  get mostRunning(): Readonly<Record<Role, number | null>> {
    const { VIEWER, USER, ADMIN } = this.#quotas;
    return { VIEWER: VIEWER.running, USER: USER.running, ADMIN: ADMIN.running };
  }

  /** How many transfers of an owner may wait; null for any number. */
  mostWaiting(role: Role): number | null {
    return this.#quotas[role].waiting;
  }

  /** Admits transfers of an owner, or keeps pictures of theirs, one after another. */
  inTurn<T>(owner: Owner, call: () => Promise<T>): Promise<T> {
    return this.#ports.exclusion.inTurn(`owner:${owner}`, call);
  }

  /**
   * Keeps a picture; those of an owner whose bytes are bounded one after another.
   *
   * @param keep Calls what it is given before it keeps what is new to the owner.
   * @throws {GramcastError} QUOTA_EXCEEDED
   */
  async keep<T>({ owner, role }: Caller, bytes: number, keep: (admit: () => Promise<void>) => Promise<T>): Promise<T> {
    if (this.#quotas[role].bytes === null) return await keep(() => Promise.resolve());
    return await this.inTurn(owner, () => keep(() => this.#check("keep the picture", role, owner, "bytes", bytes)));
  }

  /**
   * Holds transfers that are about to be queued as one against their owner's quotas, but for those of the queue; within
   * `inTurn`.
   *
   * @param role Of who asks.
   * @param transfers Of one owner; at least one.
   * @throws {GramcastError} QUOTA_EXCEEDED
   */
  async checkStart(role: Role, transfers: readonly TransferRecord[]): Promise<void> {
    const what = transfers.length === 1 ? "queue the transfer" : `queue ${transfers.length} transfers`;
    const limits = this.#quotas[role];
    const largest = {
      size: Math.max(...transfers.map(({ options }) => Math.max(options.width, options.height))),
      priority: Math.max(...transfers.map(({ priority }) => priority)),
    };
    for (const name of ["size", "priority"] as const) {
      const limit = limits[name];
      const asked = largest[name];
      if (limit !== null && asked > limit) throw quotaExceeded(what, { name, limit, used: 0, resetsAt: null }, asked);
    }
    const { owner } = transfers[0]!;
    // How much their results will take is not known yet.
    await this.#check(what, role, owner, "bytes", transfers.length);
    await this.#check(what, role, owner, "pixelSteps", workOf(transfers));
  }

  /** Counts the work of transfers of one owner that are admitted now. @param sign -1 takes that back. */
  async charge(transfers: readonly Work[], at: number, sign: 1 | -1 = 1): Promise<void> {
    await this.#ports.store.addWork(transfers[0]!.owner, dayOf(at), sign * workOf(transfers));
  }

  /** Gives back the work that a transfer which has ended has not done. It never fails: that may be lost. */
  async giveBack(transfer: TransferRecord): Promise<void> {
    const { admitted } = transfer;
    if (admitted === undefined || workOf([transfer]) === 0) return;
    try {
      await this.charge([transfer], admitted.at, -1);
    } catch (error) {
      this.#ports.log.warn(`Cannot give back the work of transfer ${transfer.id}: ${oneLine(error)}`);
    }
  }

  /** Every quota of a caller, with what their owner uses of it; none for those who can use nothing. */
  async shares({ owner, role }: Caller): Promise<Share[]> {
    if (role === "VIEWER") return [];
    return await Promise.all(QUOTA_NAMES.map((name) => this.#share(role, owner, name)));
  }

  async #check(what: string, role: Role, owner: Owner, name: QuotaName, asked: number): Promise<void> {
    if (this.#quotas[role][name] === null) return;
    const share = await this.#share(role, owner, name);
    if (share.used + asked > share.limit!) throw quotaExceeded(what, share, asked);
  }

  async #share(role: Role, owner: Owner, name: QuotaName): Promise<Share> {
    const now = this.#ports.clock.now();
    return {
      name,
      limit: this.#quotas[role][name],
      used: await this.#used(owner, name, now),
      resetsAt: name === "pixelSteps" ? (dayOf(now) + 1) * DAY : null,
    };
  }

  async #used(owner: Owner, name: QuotaName, now: number): Promise<number> {
    const { store, images, queue } = this.#ports;
    switch (name) {
      case "waiting":
      case "running":
        return (await queue.counts(owner))[name];
      case "bytes":
        return await images.bytesOf(owner) + await store.bytesOf(owner);
      case "pixelSteps":
        return await store.workOf(owner, dayOf(now));
      case "size":
      case "priority":
        return 0;
    }
  }
}

/** Steps × pixels that are left. */
function workOf(transfers: readonly Work[]): number {
  return transfers.reduce((sum, { options, step }) => sum + workLeft(options, step), 0);
}

/** Days of UTC since the epoch. */
function dayOf(milliseconds: number): number {
  return Math.floor(milliseconds / DAY);
}
