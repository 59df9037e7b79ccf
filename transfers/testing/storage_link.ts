import { GramcastError } from "../../errors.ts";
import type { Claim, Exclusion, Storage, TransferStore } from "../storage/ports.ts";

/** What a call through a link that is down answers. */
const AWAY = new GramcastError("STORAGE_UNAVAILABLE", "Cannot reach the database: found no answer, wanted one");

/** A storage as one of several servers has it, which can be cut off from it for a while, or die. */
export class StorageLink {
  readonly storage: Storage;
  /** Methods by which the storage has been called, in order, as `store.append`. */
  readonly calls: string[] = [];
  #state: "UP" | "AWAY" | "DEAD" = "UP";
  readonly #death = Promise.withResolvers<never>();
  readonly #leads: AsyncDisposable[] = [];

  constructor(storage: Storage) {
    this.#death.promise.catch(() => {});
    const { store, batches, images, queue, webhooks, bus, shared } = storage;
    this.storage = {
      store: this.#through("store", store),
      batches: this.#through("batches", batches),
      images: this.#through("images", images),
      queue: this.#through("queue", queue),
      webhooks: this.#through("webhooks", webhooks),
      bus: this.#through("bus", bus),
      exclusion: this.#exclusion(storage.exclusion),
      shared: shared && {
        orders: this.#through("orders", shared.orders),
        liveFrames: this.#through("liveFrames", shared.liveFrames),
        workers: this.#through("workers", shared.workers),
        clock: shared.clock,
      },
      close: () => Promise.resolve(),
    };
  }

  /** Nothing is reached any more until it is `up`: every call fails. */
  down(): void {
    this.#state = "AWAY";
  }

  up(): void {
    this.#state = "UP";
  }

  /** As a kill does: no call comes back, and what the server held for itself alone is free. */
  async die(): Promise<void> {
    this.#state = "DEAD";
    this.#death.reject(new Error("The server is dead"));
    await Promise.all(this.#leads.map((lead) => lead[Symbol.asyncDispose]()));
  }

  #through<T extends object>(port: string, target: T): T {
    return new Proxy(target, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== "function") return method;
        if (port === "store" && name === "under") {
          return (claim: Claim) => this.#through(port, (target as unknown as TransferStore).under(claim));
        }
        if (name === "watch" && port !== "bus") {
          return (wake: () => void) => method.call(target, () => this.#state === "UP" && wake());
        }
        return (...args: unknown[]) =>
          this.#call(() => {
            this.calls.push(`${port}.${String(name)}`);
            return method.apply(target, args);
          });
      },
    });
  }

  async #call(call: () => Promise<unknown>): Promise<unknown> {
    if (this.#state === "DEAD") return await new Promise(() => {});
    if (this.#state === "AWAY") throw AWAY;
    return await call();
  }

  #exclusion(exclusion: Exclusion): Exclusion {
    return {
      inTurn: (key, call) => exclusion.inTurn(key, () => Promise.race([call(), this.#death.promise])),
      lead: (task, run) => {
        const lead = exclusion.lead(task, (lost) => Promise.race([run(lost), this.#death.promise.catch(() => {})]));
        this.#leads.push(lead);
        return lead;
      },
    };
  }
}
