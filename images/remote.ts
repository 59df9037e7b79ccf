/**
 * Fetches pictures that callers name by an address, without becoming their way into the network behind the server: every
 * address that a name has must be public, after every redirect too, and the connection goes to an address that was
 * checked, whatever the name resolves to a moment later.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { get as getHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { get as getHttps } from "node:https";
import { isIP } from "node:net";
import { GramcastError } from "../errors.ts";
import { isPublicAddress } from "./public_address.ts";

/** Bytes of the body, and milliseconds from the first look-up to the last byte. */
export interface FetchLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** What tests replace to reach a server of their own. */
export interface FetcherOptions {
  /** Addresses of a host name, IPv6 without brackets; the system's resolver unless told. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Whether a connection to this address is allowed; `isPublicAddress` unless told. */
  readonly allowsAddress?: (address: string) => boolean;
  /** Ports that may be asked; `PORTS` unless told. */
  readonly ports?: ReadonlySet<number>;
  /** Certificates to trust instead of the system's, in PEM. */
  readonly ca?: string;
}

/** Where web servers listen: nobody is to make this server knock on other services. */
const PORTS: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);
const MAX_REDIRECTS = 5;
/** Bytes of an answer before its body; around it may be as much again as the largest body has. */
const FRAMING_BYTES = 2 ** 16;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Fetches pictures; `fetchImage` is what the product uses. */
export class ImageFetcher {
  readonly #options: Required<Omit<FetcherOptions, "ca">> & Pick<FetcherOptions, "ca">;

  constructor(options: FetcherOptions = {}) {
    this.#options = { resolve: resolveName, allowsAddress: isPublicAddress, ports: PORTS, ...options };
  }

  /**
   * Gives the body at an http or https address. No message tells what a name resolves to.
   *
   * @throws {GramcastError} BAD_USER_INPUT for an address that may not be asked, IMAGE_TOO_LARGE, or IMAGE_UNREACHABLE.
   */
  async fetch(text: string, limits: FetchLimits): Promise<Uint8Array<ArrayBuffer>> {
    const url = URL.parse(text);
    const fault = this.#faultOf(url);
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
    const { signal } = deadline;
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#request(url, await this.#addressesOf(url, signal), maxBytes, deadline);
      try {
        const { statusCode = 0, headers: { location } } = response;
        if (!REDIRECTS.has(statusCode) || location === undefined) return await readBody(response, maxBytes, signal);
        const next = URL.parse(location, url);
        if (!next || this.#faultOf(next)) throw new Refusal("a redirect to an address that may not be asked");
        url = next;
      } finally {
        response.destroy();
      }
    }
    throw new Refusal(`more than ${MAX_REDIRECTS} redirects, wanted the picture`);
  }

  /** Why an address may not be fetched, by its text alone; undefined if it may. */
  #faultOf(url: URL | null): string | undefined {
    if (!url) return "found no address, wanted one as https://example.org/picture.jpg";
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      return `found an address of ${url.protocol}, wanted http: or https:`;
    }
    if (url.username !== "" || url.password !== "") return "found an address with a user or password, wanted none";
    const { ports } = this.#options;
    return ports.has(portOf(url)) ? undefined : `found port ${url.port}, wanted one of ${[...ports].join(", ")}`;
  }

  /** All addresses of a host, each of them allowed. A name without any looks the same as one that leads inside. */
  async #addressesOf(url: URL, signal: AbortSignal): Promise<readonly string[]> {
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const addresses = isIP(host) ? [host] : await this.#options.resolve(host).catch(() => []);
    signal.throwIfAborted();
    if (addresses.length === 0 || !addresses.every((address) => this.#options.allowsAddress(address))) {
      throw new Refusal("a host that is not on the public network, wanted a public one");
    }
    return addresses;
  }

  /** Asks one of `addresses`, each of them tried, and waits for the head of the answer. */
  #request(
    url: URL,
    addresses: readonly string[],
    maxBytes: number,
    deadline: AbortController,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const checked = addresses.map((address) => ({ address, family: isIP(address) }));
    const options: RequestOptions & { ca?: string } = {
      // A connection of its own: one from a pool may have been opened for another name.
      agent: false,
      signal: deadline.signal,
      // This is what makes the check hold: the name is not resolved a second time.
      lookup: (_host, { all }, answer) =>
        all ? answer(null, checked) : answer(null, checked[0]!.address, checked[0]!.family),
      headers: {
        "user-agent": "gramcast",
        accept: "image/*",
        // Compressed bodies could be small on the way and huge when read.
        "accept-encoding": "identity",
      },
      ...(this.#options.ca === undefined ? {} : { ca: this.#options.ca }),
    };
    const request = url.protocol === "https:" ? getHttps(url, options, resolve) : getHttp(url, options, resolve);
    request.on("error", reject);
    // Hints and the lengths of chunks may go on for ever without a byte of a body.
    let most = FRAMING_BYTES;
    let bytes = 0;
    request.on("response", () => most += 2 * maxBytes);
    request.on("socket", (socket) =>
      socket.on("data", ({ length }: Uint8Array) => {
        bytes += length;
        if (bytes > most) deadline.abort(tooLarge("more", maxBytes));
      }));
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Refusal("status 101, wanted 200"));
    });
    return promise;
  }
}

const publicNetwork = new ImageFetcher();

/** Fetches a picture from the public network; see `ImageFetcher.fetch`. */
export function fetchImage(url: string, limits: FetchLimits): Promise<Uint8Array<ArrayBuffer>> {
  return publicNetwork.fetch(url, limits);
}

/** An answer that is refused; the message says what was found. */
class Refusal extends Error {}

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

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

async function resolveName(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

/** A promise that cannot be ended itself, given up when the signal says so. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
