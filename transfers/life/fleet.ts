import type { EngineInfo } from "../../engine/backends/backend.ts";
import { GramcastError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { Engine } from "../process/engine.ts";
import type { TransferStore, WorkerRecord, WorkerRegistry } from "../storage/ports.ts";

/** Milliseconds between two looks at which workers there are. */
const LOOK_MILLISECONDS = 2000;
/** Transfers of which one tells what has run it. */
const LOOKED_AT = 20;

export interface FleetPorts {
  /** Of this server. */
  readonly engines: readonly Engine[];
  /** Null where there are no others. */
  readonly registry: WorkerRegistry | null;
  readonly store: Pick<TransferStore, "list">;
  /** What an engine of this server may take. */
  readonly memoryBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** All that can run transfers, here and on other servers, as they are known from the last look. */
export class Fleet {
  readonly #ports: FleetPorts;
  #workers: readonly WorkerRecord[] = [];
  /** Whether the last look has failed. */
  #failing = false;
  readonly #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(ports: FleetPorts) {
    this.#ports = ports;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    const { registry } = this.#ports;
    if (registry === null) return;
    await this.#look(registry);
    this.#loop = this.#run(registry);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** How many transfers can run at once, at least 1. */
  get size(): number {
    const { engines, registry } = this.#ports;
    return Math.max(1, registry === null ? engines.length : this.#workers.length);
  }

  /** Memory of the one that has most: what a transfer may take. Before any is known, that of one here. */
  get memoryBytes(): number {
    return this.#workers.length === 0
      ? this.#ports.memoryBytes
      : Math.max(...this.#workers.map(({ memoryBytes }) => memoryBytes));
  }

  /**
   * The engine that would run the next transfer: this server's where it has one, and where no worker is there the one that
   * has run the last.
   *
   * @throws {GramcastError} ENGINE_UNAVAILABLE
   */
  async engine(): Promise<EngineInfo> {
    const { engines, registry } = this.#ports;
    const [own] = engines;
    if (own !== undefined) return (await own.info()).engine;
    if (this.#workers.length === 0 && registry !== null) this.#workers = await registry.present();
    const [first] = this.#workers;
    if (first !== undefined) return first.engine;
    const last = await this.#lastEngine();
    if (last !== null) return last;
    throw new GramcastError("ENGINE_UNAVAILABLE", "Cannot name an engine: found no worker, wanted one that is there");
  }

  async #lastEngine(): Promise<EngineInfo | null> {
    const query = { owner: null, statuses: null, olderThan: null, newerThan: null, take: "newest" } as const;
    const newest = await this.#ports.store.list({ ...query, limit: LOOKED_AT });
    return newest.map(({ record }) => record.engine).find((engine) => engine !== null) ?? null;
  }

  async #run(registry: WorkerRegistry): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await pause(this.#ports.clock, LOOK_MILLISECONDS, signal);
      if (!signal.aborted) await this.#look(registry);
    }
  }

  /** What cannot be looked up is as it was. */
  async #look(registry: WorkerRegistry): Promise<void> {
    try {
      this.#workers = await registry.present();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#ports.log.warn(`Cannot look for workers now: ${oneLine(error)}`);
      this.#failing = true;
    }
  }
}
