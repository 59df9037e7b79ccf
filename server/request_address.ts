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

  /**
   * What stands for a client where it shows no key: its address, as the proxies that are trusted tell it, or the peer's.
   * Of an IPv6 address it is the network of 64 bits, since all of that is one customer's.
   */
  clientOf({ header, peer }: Pick<AskedAddress, "header" | "peer">): string {
    const list = header("x-forwarded-for")?.split(",") ??
      header("forwarded")?.split(",").map((element) => parseForwarded(element).get("for") ?? "") ?? [];
    let client = addressIn(peer ?? "") ?? "unknown";
    // Each proxy adds the peer that it sees; what stands before the word of one that is not trusted may be made up.
    while (list.length > 0 && this.trusts(client)) client = addressIn(list.pop()!) ?? client;
    return networkOf(client);
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

/** The address in what a proxy writes, without port and brackets; undefined where it hides it. */
function addressIn(text: string): string | undefined {
  const [, bracketed, plain = text.trim()] = /^\s*"?(?:\[([^\]]+)\]|(\d+(?:\.\d+){3}))(?::\d+)?"?\s*$/.exec(text) ?? [];
  const address = (bracketed ?? plain).replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  return isIP(address) === 0 ? undefined : address;
}

/** An IPv4 address as it is, and of an IPv6 address the first four groups. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  // URLs write them in one way.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail ?? ""].map((groups) => groups === "" ? [] : groups.split(":")) as [
    string[],
    string[],
  ];
  const zeros = Array<string>(tail === undefined ? 0 : 8 - first.length - last.length).fill("0");
  return `${[...first, ...zeros, ...last].slice(0, 4).join(":")}::/64`;
}

/** Parameters of one element of `Forwarded` (RFC 7239). */
function parseForwarded(element: string): ReadonlyMap<string, string> {
  const pairs = element.matchAll(/([\w-]+)=(?:"([^"]*)"|([^;,\s]*))/g);
  return new Map([...pairs].map(([, name, quoted, plain]) => [name!.toLowerCase(), quoted ?? plain!]));
}
