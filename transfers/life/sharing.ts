import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Engine } from "../process/engine.ts";
import type { SharedStorage, TransferQueue } from "../storage/ports.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { OrderTaker } from "./order_taker.ts";
import { Orders } from "./orders.ts";
import { WorkerBeacon } from "./worker_beacon.ts";

export interface SharingPorts {
  readonly shared: SharedStorage;
  readonly queue: TransferQueue;
  readonly dispatcher: Dispatcher;
  readonly engines: readonly Engine[];
  readonly clock: Clock;
  readonly log: Log;
}

/** What the workers of this server can do. */
export interface Abilities {
  readonly version: string;
  readonly memoryBytes: number;
  readonly layers: () => ReadonlySet<string>;
}

/** What a server does for others that share its storage: it carries out their orders, and says which workers it has. */
export class Sharing {
  readonly orders: Orders;
  readonly taker: OrderTaker;
  readonly #beacon: WorkerBeacon;

  constructor({ shared, queue, dispatcher, engines, clock, log }: SharingPorts, abilities: Abilities) {
    this.orders = new Orders(shared.orders, queue);
    this.taker = new OrderTaker(shared.orders, dispatcher, clock, log);
    this.#beacon = new WorkerBeacon({
      registry: shared.workers,
      // A storage that is shared has leases.
      leaseMilliseconds: queue.leaseMilliseconds ?? Infinity,
      engines: new Map(dispatcher.workers.map((name, i) => [name, engines[i]!])),
      abilities: { ...abilities, layers: () => [...abilities.layers()] },
      clock,
      log,
    });
  }

  start(): void {
    this.taker.start();
    this.#beacon.start();
  }

  async stop(): Promise<void> {
    await this.taker.stop();
    await this.#beacon.stop();
  }
}
