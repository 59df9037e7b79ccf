import type { Vitals } from "../transfers/api.ts";

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

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** By labels, as `{status="FAILED"}`; no labels under "". */
  readonly values: Readonly<Record<string, number>>;
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The figures in Prometheus' text format. */
export function metricsText(
  vitals: Vitals,
  { connections, heldBytes, sockets, residentBytes }: ProcessFigures,
): string {
  const ended = Object.entries(vitals.ended).map(([status, count]) => [`{status="${status}"}`, count] as const);
  const metrics = [
    gauge("gramcast_transfers_waiting", "Transfers in the queue.", vitals.waiting),
    gauge("gramcast_transfers_running", "Transfers on an engine.", vitals.running),
    {
      name: "gramcast_transfers_ended_total",
      type: "counter",
      help: "Transfers that have ended since the start, by how.",
      values: Object.fromEntries(ended),
    } as const,
    counter("gramcast_steps_total", "Steps that the engines have taken since the start.", vitals.steps),
    counter("gramcast_step_seconds_total", "Seconds that they have spent on them.", vitals.stepSeconds),
    gauge("gramcast_watchers", "Open subscriptions to transfers.", vitals.watchers),
    gauge("gramcast_connections", "Open connections, WebSockets included.", connections),
    gauge("gramcast_held_bytes", "Bytes of bodies and messages that connections make the server hold.", heldBytes),
    gauge("gramcast_sockets", "Open WebSockets.", sockets),
    gauge("gramcast_storage_writable", "1 when the storage can be written.", Number(vitals.storageWritable)),
    gauge("process_resident_memory_bytes", "Memory of the server's process, without its engines.", residentBytes),
  ];
  return metrics.map(written).join("");
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, values: { "": value } };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, type: "counter", help, values: { "": value } };
}

function written({ name, type, help, values }: Metric): string {
  const lines = Object.entries(values).map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}
