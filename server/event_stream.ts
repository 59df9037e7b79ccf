import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";
import { formatError } from "./errors.ts";

/** What an operation gives: one result, or one for each event. */
export type Results = ExecutionResult | AsyncIterable<ExecutionResult>;

/** Milliseconds between signs of life: below the shortest time in which proxies give a quiet connection up. */
const BEAT_MS = 12_000;
const BEAT = ":\n\n";
/** `data` stands there, empty: without it browsers would not hand the event out. */
const COMPLETE = "event: complete\ndata:\n\n";

/** What a proxy must neither hold back nor change. */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  // nginx and its kin buffer responses unless told not to.
  "x-accel-buffering": "no",
};

/**
 * Results as server-sent events, in the "distinct connections mode" of the GraphQL over SSE protocol. The next result is
 * asked for when the one before has been taken.
 *
 * @param ended Who follows may not any longer: the stream breaks off, and they may come back with new credentials.
 */
export function eventStream(results: Results, ended: AbortSignal): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = iterate(results)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let beat: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      // Something has to flow before some browsers take the connection for open.
      controller.enqueue(encoder.encode(BEAT));
      beat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(BEAT));
      }, BEAT_MS);
      ended.addEventListener("abort", async () => {
        clearInterval(beat);
        controller.close();
        await iterator.return?.();
      }, { once: true });
    },
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (ended.aborted) return;
        if (!done) return controller.enqueue(encoder.encode(`event: next\ndata: ${stringify(value)}\n\n`));
        clearInterval(beat);
        controller.enqueue(encoder.encode(COMPLETE));
        controller.close();
      } catch (error) {
        clearInterval(beat);
        throw error;
      }
    },
    async cancel() {
      clearInterval(beat);
      await iterator.return?.();
    },
  });
}

/** A result as JSON text, its errors as they are sent. */
export function stringify(result: ExecutionResult): string {
  return JSON.stringify(shown(result));
}

/** What is sent of a result. */
export function shown({ errors, ...result }: ExecutionResult): object {
  const { extensions: _, ...shown } = result;
  return {
    ...(errors ? { errors: errors.map((error: GraphQLError | GraphQLFormattedError) => formatError(error)) } : {}),
    ...shown,
  };
}

async function* single(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield result;
}

function iterate(results: Results): AsyncIterable<ExecutionResult> {
  return Symbol.asyncIterator in results ? results : single(results);
}
