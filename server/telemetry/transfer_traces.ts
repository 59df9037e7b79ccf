import { context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { stepsInAll } from "../../engine/options/moving_schedule.ts";
import type { AttemptEnd, StepTaken, TransferObserver } from "../../transfers/observer.ts";
import type { TransferRecord } from "../../transfers/types.ts";
import { tracer } from "./tracer.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

/** Seconds of work that one span of steps tells of at least: a step that takes as long has a span of its own. */
const SPAN_SECONDS = 0.1;

/** Steps that have no span yet. */
interface Steps {
  readonly first: number;
  readonly last: number;
  readonly seconds: number;
  readonly beganAt: number;
}

/** The spans of a transfer that are open. */
interface Open {
  readonly transfer: Span;
  run: Span | null;
  steps: Steps | null;
}

/**
 * The trace of each transfer: below the request that started it a span of the transfer, and in that its wait in the queue,
 * a run for each attempt of an engine, and in each run the steps. Engines have no network; what they report makes the
 * spans. A transfer that goes on after a restart, or is resumed, has a new span, linked to the one before.
 */
export class TransferTraces implements Partial<TransferObserver> {
  readonly #open = new Map<string, Open>();

  queued(id: string, before: string | null): string {
    return formatTraceparent(this.#begin(id, before, "QUEUED").transfer.spanContext());
  }

  refused(id: string): void {
    this.#open.get(id)?.transfer.setStatus({ code: SpanStatusCode.ERROR, message: "no place in the queue" });
    this.#end(id);
  }

  began(record: TransferRecord, waited: number): void {
    const now = Date.now();
    this.#child(this.#of(record).transfer, "queue wait", {}, now - 1000 * waited).end(now);
  }

  attempted(record: TransferRecord, from: number): void {
    const open = this.#of(record);
    const { engine, options } = record;
    open.run = this.#child(open.transfer, "run", {
      "gramcast.engine": engine?.backend ?? "",
      "gramcast.step.from": from,
      "gramcast.steps": stepsInAll(options),
    });
  }

  stepped({ id }: TransferRecord, { step, seconds }: StepTaken): void {
    const open = this.#open.get(id);
    if (!open?.run) return;
    const before = open.steps;
    open.steps = {
      first: before?.first ?? step,
      last: step,
      seconds: (before?.seconds ?? 0) + seconds,
      beganAt: before?.beganAt ?? Date.now() - 1000 * seconds,
    };
    if (open.steps.seconds >= SPAN_SECONDS) this.#endSteps(open);
  }

  left({ id }: TransferRecord, end: AttemptEnd): void {
    const open = this.#open.get(id);
    if (!open?.run) return;
    this.#endSteps(open);
    open.run.setAttribute("gramcast.end", end);
    if (end === "failed" || end === "lost") open.run.setStatus({ code: SpanStatusCode.ERROR });
    open.run.end();
    open.run = null;
  }

  ended({ id, status, step, failure }: TransferRecord): void {
    const transfer = this.#open.get(id)?.transfer;
    transfer?.setAttributes({ "gramcast.status": status, "gramcast.step": step });
    if (failure !== null) transfer?.setStatus({ code: SpanStatusCode.ERROR, message: failure.code });
    this.#end(id);
  }

  suspended({ id }: TransferRecord): void {
    this.#open.get(id)?.transfer.setAttribute("gramcast.status", "SUSPENDED");
    this.#end(id);
  }

  /** The open spans of a transfer; those that a stop has closed are begun anew. */
  #of({ id, traceparent }: TransferRecord): Open {
    return this.#open.get(id) ?? this.#begin(id, traceparent ?? null, "CONTINUED");
  }

  /** Begins a span below that of the request that is being answered, if there is one. */
  #begin(id: string, before: string | null, cause: "QUEUED" | "CONTINUED"): Open {
    const linked = parseTraceparent(before);
    const transfer = tracer().startSpan("transfer", {
      attributes: { "gramcast.transfer.id": id, "gramcast.cause": cause },
      links: linked === undefined ? [] : [{ context: linked }],
    }, cause === "QUEUED" ? context.active() : ROOT_CONTEXT);
    const open: Open = { transfer, run: null, steps: null };
    this.#open.set(id, open);
    return open;
  }

  #child(parent: Span, name: string, attributes: Record<string, string | number>, startTime = Date.now()): Span {
    return tracer().startSpan(name, { attributes, startTime }, trace.setSpan(ROOT_CONTEXT, parent));
  }

  #endSteps(open: Open): void {
    const { run, steps } = open;
    if (run === null || steps === null) return;
    const { first, last, seconds, beganAt } = steps;
    const attributes = { "gramcast.step.first": first, "gramcast.step.last": last, "gramcast.seconds": seconds };
    this.#child(run, "steps", attributes, beganAt).end();
    open.steps = null;
  }

  #end(id: string): void {
    this.#open.get(id)?.transfer.end();
    this.#open.delete(id);
  }
}
