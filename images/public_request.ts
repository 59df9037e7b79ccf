/**
 * Requests to addresses that callers name, without this server becoming their way into the network behind it: every address
 * that a name has must be public, and the connection goes to an address that was checked, whatever the name resolves to a
 * moment later.
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "./public_address.ts";
import { untraced } from "./untraced.ts";

/** What may be asked; tests replace it to reach a server of their own. */
export interface RequesterOptions {
  /** Addresses of a host name, IPv6 without brackets; the system's resolver unless told. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Whether a connection to this address is allowed; `isPublicAddress` unless told. */
  readonly allowsAddress?: (address: string) => boolean;
  /** Ports that may be asked, null for any; `PORTS` unless told. */
  readonly ports?: ReadonlySet<number> | null;
  /** Certificates to trust instead of the system's, in PEM. */
  readonly ca?: string;
}

/** What is asked of an address, and how much of an answer is taken. */
interface Outgoing {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Bytes that the body of the answer may have. */
  readonly maxBytes: number;
  /** What the deadline is aborted with when more comes. */
  readonly excess: () => Error;
}

/** Where web servers listen: nobody is to make this server knock on other services. */
const PORTS: ReadonlySet<number> = new Set([80, 443, 8080, 8443]);
/** Bytes of an answer before its body; around it may be as much again as the largest body has. */
const FRAMING_BYTES = 2 ** 16;

/** Something that is refused; the message says what was found. */
export class Refusal extends Error {}

/** Sends requests to the public network and nowhere else. */
export class PublicRequester {
  readonly #options: Required<Omit<RequesterOptions, "ca">> & Pick<RequesterOptions, "ca">;

  constructor(options: RequesterOptions = {}) {
    this.#options = { resolve: resolveName, allowsAddress: isPublicAddress, ports: PORTS, ...options };
  }

  /**
   * Why an address may not be asked, by its text alone: what was found and what is wanted. Undefined if it may.
   *
   * @param example An address as it should be.
   */
  faultOf(url: URL | null, example: string): string | undefined {
    if (!url) return `found no address, wanted one as ${example}`;
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      return `found an address of ${url.protocol}, wanted http: or https:`;
    }
    if (url.username !== "" || url.password !== "") return "found an address with a user or password, wanted none";
    const { ports } = this.#options;
    return ports === null || ports.has(portOf(url))
      ? undefined
      : `found port ${url.port}, wanted one of ${[...ports].join(", ")}`;
  }

  /** Whether an address is written with numbers, and they are not allowed. A name shows it when it is asked only. */
  leadsInside(url: URL): boolean {
    const host = hostOf(url);
    return isIP(host) !== 0 && !this.#options.allowsAddress(host);
  }

  /**
   * Sends a request to an address without fault and waits for the head of the answer. No redirect is followed.
   *
   * @param deadline Its signal ends everything, the reading of the answer too; a head that has come stays come.
   * @throws {Refusal} For a host that is not on the public network, or an answer in another protocol.
   */
  async send(url: URL, outgoing: Outgoing, deadline: AbortController): Promise<IncomingMessage> {
    const addresses = await abortable(this.#addressesOf(url), deadline.signal);
    return await this.#request(url, addresses, outgoing, deadline);
  }

  /** All addresses of a host, each of them allowed. A name without any looks the same as one that leads inside. */
  async #addressesOf(url: URL): Promise<readonly string[]> {
    const host = hostOf(url);
    const addresses = isIP(host) ? [host] : await this.#options.resolve(host).catch(() => []);
    if (addresses.length === 0 || !addresses.every((address) => this.#options.allowsAddress(address))) {
      throw new Refusal("a host that is not on the public network, wanted a public one");
    }
    return addresses;
  }

  /** Asks one of `addresses`, each of them tried. */
  #request(
    url: URL,
    addresses: readonly string[],
    { method, headers, body, maxBytes, excess }: Outgoing,
    deadline: AbortController,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const checked = addresses.map((address) => ({ address, family: isIP(address) }));
    const options: RequestOptions & { ca?: string } = {
      method,
      // A connection of its own: one from a pool may have been opened for another name.
      agent: false,
      signal: deadline.signal,
      // This is what makes the check hold: the name is not resolved a second time.
      lookup: (_host, { all }, answer) =>
        all ? answer(null, checked) : answer(null, checked[0]!.address, checked[0]!.family),
      headers: { "user-agent": "gramcast", ...headers },
      ...(this.#options.ca === undefined ? {} : { ca: this.#options.ca }),
    };
    const request = url.protocol === "https:"
      ? requestHttps(url, options, resolve)
      : requestHttp(url, options, resolve);
    request.on("error", reject);
    // Addresses may hold secrets; when the span is made is not said.
    for (const moment of ["socket", "finish", "response"]) request.on(moment, () => untraced(request));
    deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
    // Hints and the lengths of chunks may go on for ever without a byte of a body.
    let most = FRAMING_BYTES;
    let bytes = 0;
    request.on("response", () => most += 2 * maxBytes);
    request.on("socket", (socket) =>
      socket.on("data", ({ length }: Uint8Array) => {
        bytes += length;
        if (bytes > most) deadline.abort(excess());
      }));
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Refusal("status 101, wanted 200"));
    });
    request.end(body);
    return promise;
  }
}

/** A promise that cannot be ended itself, given up when the signal says so. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
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

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

async function resolveName(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}
