import { Counter, Gauge, Histogram, Registry } from "prom-client";
import project from "../deno.json" with { type: "json" };
import type { Vitals } from "../transfers/api.ts";
import type { StepTaken, TransferObserver } from "../transfers/observer.ts";
import { type EndStatus, hasEnded, type TransferRecord } from "../transfers/types.ts";
import type { AnsweredRequest, RequestObserver } from "./request_observer.ts";

/** What the process itself shows. */
export interface ProcessFigures {
  /** Open connections, WebSockets included. */
  readonly connections: number;
  /** Bytes of bodies and messages that they make the server hold. */
  readonly heldBytes: number;
  /** Open WebSockets. */
  readonly sockets: number;
  /** Memory that the system has given the server's process; the engine has one of its own. */
  readonly residentBytes: number;
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Upper bounds of the buckets, in seconds: where what is told apart is told apart. */
const BUCKETS = {
  /** From an idle engine to a night's queue. */
  wait: [0.01, 0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400],
  /** From a thumbnail on a GPU to 4096 pixels in tiles on a CPU. */
  step: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  /** What an eye takes for at once, and for late. */
  delivery: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  request: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
} as const;

/**
 * The figures of a server for Prometheus, by its conventions. Labels take few values, whatever is asked: how many series
 * there are is known beforehand.
 */
export class Metrics implements Partial<TransferObserver>, RequestObserver {
  readonly #registry = new Registry();
  readonly #ended: Counter<"status">;
  readonly #queueWait: Histogram;
  readonly #step: Histogram;
  readonly #delivery: Histogram;
  readonly #request: Histogram<"operation" | "status">;
  readonly #gauges: ReadonlyMap<string, Gauge>;

  constructor() {
    const registers = [this.#registry];
    new Gauge({
      name: "gramcast_build_info",
      help: "1; its labels say what runs.",
      labelNames: ["version", "deno"],
      registers,
    }).set({ version: project.version, deno: Deno.version.deno }, 1);
    new Gauge({
      name: "process_start_time_seconds",
      help: "When the server started, in seconds since the epoch.",
      registers,
    }).set(performance.timeOrigin / 1000);
    const gauge = (name: string, help: string) => [name, new Gauge({ name, help, registers })] as const;
    this.#gauges = new Map([
      gauge("gramcast_transfers_waiting", "Transfers in the queue."),
      gauge("gramcast_transfers_running", "Transfers on an engine."),
      gauge("gramcast_watchers", "Open subscriptions to transfers; one to a batch counts for each of its transfers."),
      gauge("gramcast_connections", "Open connections, WebSockets included."),
      gauge("gramcast_held_bytes", "Bytes of bodies and messages that connections make the server hold."),
      gauge("gramcast_sockets", "Open WebSockets."),
      gauge("gramcast_storage_writable", "1 when the storage can be written."),
      gauge("process_resident_memory_bytes", "Memory of the server's process, without its engines."),
    ]);
    this.#ended = new Counter({
      name: "gramcast_transfers_ended_total",
      help: "Transfers that have ended since the start, by how.",
      labelNames: ["status"],
      registers,
    });
    // Rates begin at the first that ends, not at the second.
    for (const status of ["SUCCEEDED", "FAILED", "CANCELLED"] satisfies EndStatus[]) this.#ended.inc({ status }, 0);
    const histogram = (name: string, help: string, buckets: readonly number[]) =>
      new Histogram({ name, help, buckets: [...buckets], registers });
    this.#queueWait = histogram(
      "gramcast_queue_wait_seconds",
      "Seconds that transfers have waited in the queue before an engine took them.",
      BUCKETS.wait,
    );
    this.#step = histogram("gramcast_step_seconds", "Seconds that engines have spent on a step.", BUCKETS.step);
    this.#delivery = histogram(
      "gramcast_frame_delivery_seconds",
      "Seconds from the log of a frame's event to the subscriber's connection.",
      BUCKETS.delivery,
    );
    this.#request = new Histogram({
      name: "gramcast_request_duration_seconds",
      help: "Seconds until the answer to a request began, by what was asked and the class of the status.",
      labelNames: ["operation", "status"],
      buckets: [...BUCKETS.request],
      registers,
    });
  }

  began(_record: TransferRecord, waited: number): void {
    this.#queueWait.observe(waited);
  }

  stepped(_record: TransferRecord, { seconds }: StepTaken): void {
    this.#step.observe(seconds);
  }

  ended({ status }: TransferRecord): void {
    if (hasEnded(status)) this.#ended.inc({ status });
  }

  delivered(seconds: number): void {
    this.#delivery.observe(seconds);
  }

  answered({ operation, status, seconds }: AnsweredRequest): void {
    this.#request.observe({ operation, status: `${Math.floor(status / 100)}xx` }, seconds);
  }

  /** All figures in Prometheus' text format. */
  async text(vitals: Vitals, process: ProcessFigures): Promise<string> {
    const now: Readonly<Record<string, number>> = {
      gramcast_transfers_waiting: vitals.waiting,
      gramcast_transfers_running: vitals.running,
      gramcast_watchers: vitals.watchers,
      gramcast_connections: process.connections,
      gramcast_held_bytes: process.heldBytes,
      gramcast_sockets: process.sockets,
      gramcast_storage_writable: Number(vitals.storageWritable),
      process_resident_memory_bytes: process.residentBytes,
    };
    for (const [name, gauge] of this.#gauges) gauge.set(now[name]!);
    return await this.#registry.metrics();
  }
}
