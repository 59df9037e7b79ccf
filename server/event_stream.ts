import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";
import { formatError, isInternal } from "./errors.ts";
import type { Holdings } from "./holdings.ts";
import { jsonPieces } from "./json_pieces.ts";
import { spoolText } from "./spooled_text.ts";

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
 * asked for when the one before has been taken; a long one is sent in pieces, and waits on the disk until they are taken.
 *
 * @param ended Who follows may not any longer: the stream breaks off, and they may come back with new credentials.
 */
export function eventStream(
  results: Results,
  holdings: Holdings,
  ended: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = iterate(results)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let beat: ReturnType<typeof setInterval> | undefined;
  /** What is still to be sent of an event: nothing may come between. */
  let event: AsyncIterator<Uint8Array<ArrayBuffer>> | null = null;
  const breakOff = async () => {
    clearInterval(beat);
    await iterator.return?.();
  };
  return new ReadableStream({
    start(controller) {
      // Something has to flow before some browsers take the connection for open.
      controller.enqueue(encoder.encode(BEAT));
      beat = setInterval(() => {
        if (event === null && (controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(BEAT));
      }, BEAT_MS);
      ended.addEventListener("abort", async () => {
        controller.close();
        await breakOff();
      }, { once: true });
    },
    async pull(controller) {
      try {
        for (;;) {
          const piece = await event?.next();
          if (ended.aborted) return;
          if (piece && !piece.done) return controller.enqueue(piece.value);
          event = null;
          const { done, value } = await iterator.next();
          if (ended.aborted) return;
          if (done) break;
          const text = await spoolText(eventText(value), holdings);
          if (ended.aborted) return;
          if (typeof text === "string") return controller.enqueue(encoder.encode(text));
          event = text;
        }
        clearInterval(beat);
        controller.enqueue(encoder.encode(COMPLETE));
        controller.close();
      } catch (error) {
        await breakOff();
        if (ended.aborted) return;
        if (isInternal(error)) throw error;
        // No room for an event, such as on a full disk: who comes back may find some.
        controller.close();
      }
    },
    cancel: breakOff,
  });
}

/** A result as an event, in pieces. */
function* eventText(result: ExecutionResult): Generator<string, void> {
  let held = "";
  for (const piece of jsonPieces(shown(result))) {
    if (held !== "") yield held;
    held = held === "" ? `event: next\ndata: ${piece}` : piece;
  }
  yield `${held}\n\n`;
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
