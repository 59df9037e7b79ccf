/**
 * Fetches pictures that callers name by an address, from the public network and nowhere else, after every redirect too.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { GramcastError } from "../errors.ts";
import { abortable, PublicRequester, Refusal, type RequesterOptions } from "./public_request.ts";

/** Bytes of the body, and milliseconds from the first look-up to the last byte. */
export interface FetchLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const EXAMPLE = "https://example.org/picture.jpg";
const HEADERS = {
  accept: "image/*",
  // Compressed bodies could be small on the way and huge when read.
  "accept-encoding": "identity",
};

/** Fetches pictures; `fetchImage` is what the product uses. */
export class ImageFetcher {
  readonly #requester: PublicRequester;

  constructor(options: RequesterOptions = {}) {
    this.#requester = new PublicRequester(options);
  }

  /**
   * Gives the body at an http or https address. No message tells what a name resolves to.
   *
   * @throws {GramcastError} BAD_USER_INPUT for an address that may not be asked, IMAGE_TOO_LARGE, or IMAGE_UNREACHABLE.
   */
  async fetch(text: string, limits: FetchLimits): Promise<Uint8Array<ArrayBuffer>> {
    const url = URL.parse(text);
    const fault = this.#requester.faultOf(url, EXAMPLE);
    if (!url || fault) throw new GramcastError("BAD_USER_INPUT", `Cannot fetch picture: ${fault}`);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), limits.timeoutMs);
    try {
      // Every wait in there ends with the deadline, also one that knows of no signal.
      return await abortable(this.#follow(url, limits.maxBytes, deadline), deadline.signal);
    } catch (cause) {
      if (cause instanceof GramcastError) throw cause;
      const found = cause instanceof Refusal
        ? cause.message
        : deadline.signal.aborted
        ? `no complete answer, wanted one within ${limits.timeoutMs / 1000} seconds`
        : "a connection that failed, wanted the picture";
      throw new GramcastError("IMAGE_UNREACHABLE", `Cannot fetch picture from ${url.host}: found ${found}`, { cause });
    } finally {
      clearTimeout(timer);
      // Whatever is still open is closed.
      deadline.abort();
    }
  }

  async #follow(start: URL, maxBytes: number, deadline: AbortController): Promise<Uint8Array<ArrayBuffer>> {
    const outgoing = { method: "GET", headers: HEADERS, maxBytes, excess: () => tooLarge("more", maxBytes) } as const;
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#requester.send(url, outgoing, deadline);
      try {
        const { statusCode = 0, headers: { location } } = response;
        if (!REDIRECTS.has(statusCode) || location === undefined) {
          return await readBody(response, maxBytes, deadline.signal);
        }
        const next = URL.parse(location, url);
        if (!next || this.#requester.faultOf(next, EXAMPLE)) {
          throw new Refusal("a redirect to an address that may not be asked");
        }
        url = next;
      } finally {
        response.destroy();
      }
    }
    throw new Refusal(`more than ${MAX_REDIRECTS} redirects, wanted the picture`);
  }
}

const publicNetwork = new ImageFetcher();

/** Fetches a picture from the public network; see `ImageFetcher.fetch`. */
export function fetchImage(url: string, limits: FetchLimits): Promise<Uint8Array<ArrayBuffer>> {
  return publicNetwork.fetch(url, limits);
}

async function readBody(
  response: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { statusCode, headers } = response;
  if (statusCode !== 200) throw new Refusal(`status ${statusCode}, wanted 200`);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new Refusal("a compressed answer, wanted the picture as it is");
  const announced = Number(headers["content-length"] ?? NaN);
  if (announced > maxBytes) throw tooLarge(String(announced), maxBytes);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge("more", maxBytes);
    chunks.push(chunk);
  }
  signal.throwIfAborted();
  if (!response.complete || (announced >= 0 && bytes !== announced)) {
    throw new Refusal(`${bytes} bytes and then nothing, wanted the whole picture`);
  }
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

function tooLarge(found: string, maxBytes: number): GramcastError {
  return new GramcastError(
    "IMAGE_TOO_LARGE",
    `Cannot fetch picture: found ${found === "more" ? "more" : `${found} bytes`}, wanted at most ${maxBytes} bytes`,
  );
}
