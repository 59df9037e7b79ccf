import { setImmediate } from "node:timers/promises";
import { TransferService, type TransferSettings } from "../life/service.ts";
import { MemoryStorage } from "../storage/memory/memory_storage.ts";
import type { Clock } from "../clock.ts";
import { FakeClock } from "./fake_clock.ts";
import { ServiceStage, SETTINGS } from "./service_stage.ts";
import { StorageLink } from "./storage_link.ts";

export const LEASE_MILLISECONDS = 15_000;

/** A server of a cluster. */
export interface Member {
  readonly stage: ServiceStage;
  readonly link: StorageLink;
}

export interface MemberOptions {
  /** Whether it has an engine; true when left out. */
  readonly works?: boolean;
  /** Whether its engine takes no step but by `allow`; false when left out. */
  readonly held?: boolean;
  readonly settings?: Partial<TransferSettings>;
  /** Its own clock, where that is not the one of all. */
  readonly clock?: Clock;
}

/** Servers on one storage in memory, with fake engines and one clock that stands still. */
export class Cluster implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly storage = new MemoryStorage({ clock: this.clock, leaseMilliseconds: LEASE_MILLISECONDS });
  readonly #alive = new Set<Member>();

  /** Starts a server. */
  async add({ works = true, held = false, settings = {}, clock = this.clock }: MemberOptions = {}): Promise<Member> {
    const link = new StorageLink(this.storage);
    const stage = new ServiceStage({ ...link.storage, clock });
    const { ports, engine } = stage;
    if (held) engine.hold();
    stage.service = await TransferService.open(
      works ? ports : { ...ports, engines: [], classifier: engine },
      { ...SETTINGS, ...settings },
    );
    const member = { stage, link };
    this.#alive.add(member);
    return member;
  }

  /** Starts one that has no engine, and uploads what its transfers begin with. */
  async addApi(settings: Partial<TransferSettings> = {}): Promise<Member> {
    const member = await this.add({ works: false, settings });
    await member.stage.uploadPictures();
    return member;
  }

  /** Ends a server as a kill does. */
  async kill(member: Member): Promise<void> {
    this.#alive.delete(member);
    await member.link.die();
  }

  /** Lets time go by, little by little, with all that comes of it. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 500) {
      this.clock.advance(Math.min(left, 500));
      await tasks();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stage, link } of this.#alive) {
      link.up();
      await stage.service.drain();
    }
  }
}

/** Lets everything go on that waits for nothing but its turn. */
export async function tasks(): Promise<void> {
  for (let i = 0; i < 3; i++) await setImmediate();
}

/** Lets tasks go on until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await setImmediate();
}
