import { BlockList, isIP } from "node:net";
import { basePath } from "../config.ts";

export interface RequestAddressOptions {
  /** Where the server is reached from outside; null where that is where it listens. */
  readonly publicUrl: URL | null;
  /** Addresses and networks (`10.0.0.0/8`) whose word on what a client asked for is taken. */
  readonly trustedProxies: readonly string[];
}

/** What of a request tells which address it asks for. */
export interface AskedAddress {
  /** Path and query, as they stand in the first line; or a whole URL. */
  readonly target: string;
  header(name: string): string | undefined;
  /** Address of the peer of the connection. */
  readonly peer: string | undefined;
}

/** Knows for which address a request was sent, also behind proxies and below a path. */
export class RequestAddress {
  readonly #basePath: string;
  readonly #trusted = new BlockList();

  constructor({ publicUrl, trustedProxies }: RequestAddressOptions) {
    this.#basePath = basePath(publicUrl);
    for (const proxy of trustedProxies) {
      const [address, bits] = proxy.split("/") as [string, string?];
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      this.#trusted.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
    }
  }

  /**
   * The URL that a client asked for: scheme and host as a trusted proxy or the request itself tells, the path below that
   * of the public URL, whether a proxy has taken that off or not. Undefined when it is none.
   */
  resolve(asked: AskedAddress): URL | undefined {
    const { scheme, host } = this.#origin(asked);
    if (!/^[^/?#@\\\s]+$/.test(host)) return undefined;
    const address = URL.parse(asked.target.startsWith("/") ? `${scheme}://${host}${asked.target}` : asked.target);
    if (!address || !/^https?:$/.test(address.protocol)) return undefined;
    const { pathname } = address;
    if (this.#basePath !== "" && `${pathname}/`.startsWith(`${this.#basePath}/`)) {
      address.pathname = pathname.slice(this.#basePath.length) || "/";
    }
    return address;
  }

  #origin({ header, peer }: AskedAddress): { readonly scheme: string; readonly host: string } {
    const own = header("host") ?? "localhost";
    if (!this.trusts(peer)) return { scheme: "http", host: own };
    // nginx and Caddy set the older headers, and pass the standard's on from whoever sent it.
    const standard = parseForwarded(last(header("forwarded")) ?? "");
    const scheme = (last(header("x-forwarded-proto")) ?? standard.get("proto"))?.toLowerCase();
    const host = last(header("x-forwarded-host")) ?? standard.get("host") ?? own;
    return { scheme: scheme === "https" ? "https" : "http", host };
  }

  /** Whether a peer is a proxy whose word is taken. */
  trusts(peer: string | undefined): boolean {
    const address = peer?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 6 ? "ipv6" : "ipv4");
  }
}

/** Of a list that each proxy adds to, what the nearest one says. */
function last(list: string | undefined): string | undefined {
  return list?.split(",").at(-1)?.trim() || undefined;
}

/** Parameters of one element of `Forwarded` (RFC 7239). */
function parseForwarded(element: string): ReadonlyMap<string, string> {
  const pairs = element.matchAll(/([\w-]+)=(?:"([^"]*)"|([^;,\s]*))/g);
  return new Map([...pairs].map(([, name, quoted, plain]) => [name!.toLowerCase(), quoted ?? plain!]));
}
