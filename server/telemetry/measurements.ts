import { type Histogram, metrics } from "@opentelemetry/api";
import type { StepTaken, TransferObserver } from "../../transfers/observer.ts";
import type { TransferRecord } from "../../transfers/types.ts";

/** What `/metrics` measures of transfers, for OpenTelemetry; Deno measures requests itself. */
export class Measurements implements Partial<TransferObserver> {
  readonly #queueWait = histogram("gramcast.queue.wait", "Time that transfers have waited in the queue.");
  readonly #step = histogram("gramcast.step.duration", "Time that engines have spent on a step.");
  readonly #delivery = histogram("gramcast.frame.delivery", "Time from a frame's event to the connection.");

  began(_record: TransferRecord, waited: number): void {
    this.#queueWait.record(waited);
  }

  stepped(_record: TransferRecord, { seconds }: StepTaken): void {
    this.#step.record(seconds);
  }

  delivered(seconds: number): void {
    this.#delivery.record(seconds);
  }
}

function histogram(name: string, description: string): Histogram {
  return metrics.getMeter("gramcast").createHistogram(name, { description, unit: "s" });
}
