import { notModified } from "./conditional.ts";
import type { ExampleOperation } from "./example_operations.ts";
import { basePath } from "../config.ts";

/** What of GraphiQL's options is used, and what the page has beside it. */
export interface GraphiqlOptions {
  readonly title: string;
  readonly endpoint: string;
  readonly subscriptionsProtocol: "WS";
  readonly defaultTabs: { query: string; variables: string | null }[];
  /** Path of the page to sign in at; null where nobody has to. */
  readonly studio: string | null;
}

/** The page, ready to be sent. */
export interface RenderedPage {
  readonly gzip: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  /** SHA-256 of each inline script, in base64, for the Content-Security-Policy. */
  readonly scriptHashes: readonly string[];
}

/** GraphiQL with everything in one file: it asks no other host for anything. */
export class GraphiqlPage {
  readonly #operations: () => Promise<readonly ExampleOperation[]>;
  #page: Promise<RenderedPage> | undefined;

  readonly #publicUrl: URL | null;
  readonly #required: boolean;

  /**
   * @param publicUrl Where the server is reached from outside; null where that is where it listens.
   * @param required Whether callers have to show who they are.
   * @param operations What it opens with; asked for once.
   */
  constructor(
    publicUrl: URL | null,
    required: boolean,
    operations: () => Promise<readonly ExampleOperation[]>,
  ) {
    this.#publicUrl = publicUrl;
    this.#required = required;
    this.#operations = operations;
  }

  /** Answers a request for the page; renders it the first time. */
  async serve(request: Request): Promise<Response> {
    this.#page ??= this.#render().catch((error) => {
      this.#page = undefined;
      throw error;
    });
    const { gzip, etag, scriptHashes } = await this.#page;
    const headers = new Headers({
      etag,
      "cache-control": "no-cache",
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": securityPolicy((this.#publicUrl ?? new URL(request.url)).host, scriptHashes),
      "vary": "accept, accept-encoding",
    });
    const known = notModified(request, headers);
    if (known) return known;
    if (/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
      headers.set("content-encoding", "gzip");
      return new Response(gzip, { headers });
    }
    return new Response(new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip")), { headers });
  }

  async #render(): Promise<RenderedPage> {
    const operations = await this.#operations();
    const worker = new Worker(new URL("./graphiql_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    try {
      const { promise, resolve, reject } = Promise.withResolvers<RenderedPage>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`Cannot render GraphiQL: ${event.message}`));
      };
      const options: GraphiqlOptions = {
        title: "Gramcast GraphiQL",
        endpoint: `${basePath(this.#publicUrl)}/graphql`,
        subscriptionsProtocol: "WS",
        defaultTabs: operations.map(({ query, variables }) => ({ query, variables: variables ?? null })),
        studio: this.#required ? `${basePath(this.#publicUrl)}/` : null,
      };
      worker.postMessage(options);
      return await promise;
    } finally {
      worker.terminate();
    }
  }
}

function securityPolicy(host: string, scriptHashes: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scriptHashes.map((hash) => `'sha256-${hash}'`).join(" ")} blob:`,
    "worker-src blob:",
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src data:",
    // Not every browser lets 'self' stand for WebSockets.
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
