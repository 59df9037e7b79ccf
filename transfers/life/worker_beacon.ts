import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { Engine } from "../process/engine.ts";
import type { WorkerRecord, WorkerRegistry } from "../storage/ports.ts";

/** How often a worker says that it is there in the time after which it would be forgotten. */
const SIGNS = 3;

export interface BeaconPorts {
  readonly registry: WorkerRegistry;
  /** After which a worker is forgotten that has said nothing. */
  readonly leaseMilliseconds: number;
  /** By the name under which each claims. */
  readonly engines: ReadonlyMap<string, Engine>;
  /** What all of them can do. */
  readonly abilities: Pick<WorkerRecord, "version" | "memoryBytes"> & { readonly layers: () => readonly string[] };
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the workers of this server known to others, as long as their engines work. */
export class WorkerBeacon {
  readonly #ports: BeaconPorts;
  readonly #stopped = new AbortController();
  #loops: readonly Promise<void>[] = [];

  constructor(ports: BeaconPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#loops = [...this.#ports.engines].map(([name, engine]) => this.#announce(name, engine));
  }

  /** Says that they are there no more. */
  async stop(): Promise<void> {
    const { registry, engines, log } = this.#ports;
    this.#stopped.abort();
    await Promise.all(this.#loops);
    for (const name of engines.keys()) {
      await registry.withdraw(name).catch((error) => log.warn(`Cannot withdraw worker ${name}: ${oneLine(error)}`));
    }
  }

  async #announce(name: string, engine: Engine): Promise<void> {
    const { registry, leaseMilliseconds, abilities, clock, log } = this.#ports;
    const { signal } = this.#stopped;
    const { promise: stopped, resolve: stop } = Promise.withResolvers<null>();
    signal.addEventListener("abort", () => stop(null), { once: true });
    for (let failing = false; !signal.aborted;) {
      try {
        // One that is being started anew is not there.
        const identity = await Promise.race([engine.info(), stopped]);
        if (identity === null) return;
        await registry.announce({ ...abilities, layers: abilities.layers(), name, ...identity });
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted) log.warn(`Cannot make worker ${name} known now: ${oneLine(error)}`);
        failing = true;
      }
      await pause(clock, leaseMilliseconds / SIGNS, signal);
    }
  }
}
