/**
 * Which pages may talk to this server. A browser says in `Origin` where a page comes from; programs that are not
 * browsers leave it out and are not restricted, since they cannot be made to act for somebody else.
 *
 * @module
 */

import { isLoopback } from "../config.ts";

/** Headers that scripts of an allowed page may read and send; `*` for the others is enough without credentials. */
const PREFLIGHT_SECONDS = "600";
const ANY = "*";
/** Headers of a response that scripts of an allowed page may read, beside those that they always may. */
const EXPOSED = "ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id";

export interface OriginPolicyOptions {
  /** Pages of other origins that may use the API; `*` for any. */
  readonly corsOrigins: readonly string[];
  /** Name or address that the server listens on. */
  readonly host: string;
  /** Where it is reached from outside; null where that is where it listens. */
  readonly publicUrl?: URL | null;
}

/** Decides by `Origin` and `Host`, and answers preflight requests. */
export class OriginPolicy {
  readonly #origins: ReadonlySet<string>;
  readonly #publicOrigin: string | undefined;
  readonly #hosts: ReadonlySet<string>;

  constructor({ corsOrigins, host, publicUrl }: OriginPolicyOptions) {
    this.#origins = new Set(corsOrigins);
    this.#publicOrigin = publicUrl?.origin;
    const named = [...corsOrigins.map((origin) => URL.parse(origin)), publicUrl, URL.parse(`http://${host}`)];
    this.#hosts = new Set(named.flatMap((url) => url ? [url.hostname] : []));
  }

  /** Whether any page of another origin may embed pictures from here. */
  get sharesPictures(): boolean {
    return this.#origins.size > 0;
  }

  /**
   * Whether the `Host` that a request names can be this server: an address, a loopback name, or one that the configuration
   * names. Any other is a page that has had its own name resolve to this machine, whatever address it listens on.
   */
  allowsHost(request: Request): boolean {
    const { hostname } = new URL(request.url);
    return isLoopback(hostname) || isAddress(hostname) || this.#hosts.has(hostname) || this.#origins.has(ANY);
  }

  /** Whether the page that a request comes from, if it comes from one, may use the API. */
  allowsOrigin(request: Request): boolean {
    const origin = request.headers.get("origin");
    if (origin === null) return request.headers.get("sec-fetch-site") !== "cross-site";
    // TLS may end in front of this server, so the scheme is not compared.
    return this.#isShared(origin) || origin === this.#publicOrigin ||
      URL.parse(origin)?.host === new URL(request.url).host;
  }

  /** The answer to a preflight request; undefined when `request` is none. */
  preflight(request: Request): Response | undefined {
    if (request.method !== "OPTIONS" || !request.headers.has("access-control-request-method")) return undefined;
    const headers = new Headers({
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "",
      "access-control-max-age": PREFLIGHT_SECONDS,
    });
    return this.share(request, new Response(null, { status: 204, headers }));
  }

  /** Lets the scripts of an allowed page read a response. */
  share(request: Request, response: Response): Response {
    if (this.#origins.size === 0) return response;
    response.headers.append("vary", "origin");
    const origin = request.headers.get("origin");
    if (origin !== null && this.#isShared(origin)) {
      response.headers.set("access-control-allow-origin", origin);
      response.headers.set("access-control-expose-headers", EXPOSED);
    }
    return response;
  }

  #isShared(origin: string): boolean {
    return this.#origins.has(origin) || this.#origins.has(ANY);
  }
}

/** Whether the host name of a URL is an address. URLs write IPv6 in brackets and every form of IPv4 with dots. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d{1,3}(\.\d{1,3}){3}$/.test(hostname);
}
