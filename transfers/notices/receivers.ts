/**
 * Reaches the addresses that are told of transfers: public ones only, as those that pictures are fetched from.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { abortable, PublicRequester, Refusal, type RequesterOptions } from "../../images/public_request.ts";

/** What a receiver has answered. */
export interface Answer {
  /** Null when there was no answer. */
  readonly status: number | null;
  /** Its `Retry-After`, as it is. */
  readonly retryAfter: string | undefined;
  /** What was found instead, where there was no answer. */
  readonly failure: string | null;
}

/** The network as notices need it. */
export interface Receivers {
  /** Why a URL may not be told anything: what was found and what is wanted. Undefined if it may. */
  faultOf(url: string): string | undefined;
  /** Sends a body and waits for what is answered. It never fails but by the signal. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<Answer>;
}

/** Milliseconds from the look-up of the name to the end of the answer. */
const TIMEOUT_MILLISECONDS = 15_000;
/** Bytes of an answer's body that are read, and thrown away: nobody is cut off in the middle of saying "ok". */
const MAX_BYTES = 4096;
const EXAMPLE = "https://example.org/gramcast";

/** Receivers on the public network. */
export class PublicReceivers implements Receivers {
  readonly #requester: PublicRequester;
  readonly #timeoutMs: number;

  constructor(options: RequesterOptions = {}, timeoutMs = TIMEOUT_MILLISECONDS) {
    this.#requester = new PublicRequester(options);
    this.#timeoutMs = timeoutMs;
  }

  faultOf(text: string): string | undefined {
    const url = URL.parse(text);
    const fault = this.#requester.faultOf(url, EXAMPLE);
    if (fault !== undefined || !this.#requester.leadsInside(url!)) return fault;
    return "found an address that is not on the public network, wanted a public one";
  }

  async post(
    text: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    const fault = this.faultOf(text);
    if (fault !== undefined) return failed(fault.replace(/^found /, ""));
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#timeoutMs);
    const stop = () => deadline.abort();
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      const response = await this.#send(new URL(text), headers, body, deadline);
      const { statusCode = 0, headers: { "retry-after": retryAfter } } = response;
      await discard(response, deadline.signal);
      return { status: statusCode, retryAfter, failure: null };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Refusal) return failed(error.message);
      return failed(
        deadline.signal.aborted
          ? `no answer, wanted one within ${this.#timeoutMs / 1000} seconds`
          : "a connection that failed, wanted an answer",
      );
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      // Whatever is still open is closed.
      deadline.abort();
    }
  }

  #send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    text: string,
    deadline: AbortController,
  ): Promise<IncomingMessage> {
    const body = new TextEncoder().encode(text);
    return this.#requester.send(url, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": String(body.length), ...headers },
      body,
      maxBytes: MAX_BYTES,
      excess: () => new Refusal(`more than ${MAX_BYTES} bytes of an answer, wanted a short one`),
    }, deadline);
  }
}

function failed(failure: string): Answer {
  return { status: null, retryAfter: undefined, failure };
}

/** Reads the beginning of an answer. Its status has been said: what comes after it does not matter, nor whether it ends. */
async function discard(response: IncomingMessage, signal: AbortSignal): Promise<void> {
  const read = async () => {
    let bytes = 0;
    for await (const { length } of response as AsyncIterable<Uint8Array>) {
      bytes += length;
      if (bytes > MAX_BYTES) break;
    }
  };
  await abortable(read(), signal).catch(() => {});
  response.destroy();
}
