import { GraphQLError } from "graphql";
import type { Rates } from "../access/rates.ts";
import type { Services } from "../schema/context.ts";
import type { Credentials } from "../access/identity.ts";
import { type ErrorCode, GramcastError } from "../errors.ts";
import { checkIsAdmin } from "../transfers/caller.ts";
import type { Log } from "../transfers/log.ts";
import { formatError, logInternal, retryHeaders } from "./errors.ts";
import { exampleOperations } from "./example_operations.ts";
import { GraphiqlPage } from "./graphiql.ts";
import type { GraphqlServer } from "./graphql.ts";
import type { Holdings } from "./holdings.ts";
import type { ListenerHandlers } from "./listener.ts";
import { type Metrics, METRICS_TYPE } from "./metrics.ts";
import type { OriginPolicy } from "./origin.ts";
import { servePicture } from "./pictures.ts";
import { Visit } from "./visit.ts";
import type { WebSocketServer } from "./websocket.ts";

/** Milliseconds in which the engine has to answer for the server to be ready. */
const READY_MS = 1000;

/** Answers requests for its pages; undefined for any other path. */
export type Pages = (request: Request, pathname: string) => Response | undefined | Promise<Response | undefined>;

export interface HandlerParts {
  /** Where the server is reached from outside; null where that is where it listens. */
  readonly publicUrl: URL | null;
  readonly services: Services;
  /** Whether callers are answered, beside those who watch the server. */
  readonly answersCallers: boolean;
  readonly graphql: GraphqlServer;
  readonly sockets: WebSocketServer;
  readonly origins: OriginPolicy;
  readonly pages: Pages;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly rates: Rates;
  /** Whether the server has begun to stop. */
  readonly stopping: () => boolean;
  /** What connections there are. */
  readonly connections: () => { readonly open: number; readonly heldBytes: number };
}

/** Puts the routes together into what a `Listener` calls. */
export function createHandlers(parts: HandlerParts): ListenerHandlers {
  const { publicUrl, services, origins, log, rates } = parts;
  const graphiql = new GraphiqlPage(
    publicUrl,
    services.access.required,
    async () => exampleOperations((await services.transfers.samples()).map(({ name }) => name)),
  );
  return {
    async request(request, holdings, client) {
      const visit = new Visit(rates, services.access, client);
      const shared = (response: Response) => secured(origins, origins.share(request, response));
      try {
        const { pathname } = new URL(request.url);
        const response = await refuse(origins, request) ?? origins.preflight(request) ?? await probe(parts, pathname);
        return shared(response ?? visit.mark(await dispatch(parts, graphiql, request, pathname, holdings, visit)));
      } catch (error) {
        if (error instanceof GramcastError) return shared(visit.mark(refusal(error)));
        if (error instanceof GraphQLError) return shared(visit.mark(tooOften(error)));
        // A client that has left gets no answer, and an operation that breaks off for that is no bug.
        if (!request.signal.aborted) logInternal(log, error);
        return text(500, "Cannot answer: found an internal error, which has been logged");
      }
    },
    upgrade(request, upgrade, client) {
      const { pathname } = new URL(request.url);
      if (pathname !== "/graphql" || !parts.answersCallers) return text(404, "Cannot upgrade here: wanted /graphql");
      const refused = refuse(origins, request);
      if (refused) return refused;
      const visit = new Visit(rates, services.access, client);
      try {
        visit.take("sockets", 1);
      } catch (error) {
        if (error instanceof GraphQLError) return visit.mark(tooOften(error));
        throw error;
      }
      return parts.sockets.accept(request, upgrade, visit);
    },
  };
}

async function dispatch(
  parts: HandlerParts,
  graphiql: GraphiqlPage,
  request: Request,
  pathname: string,
  holdings: Holdings,
  visit: Visit,
): Promise<Response> {
  const { services, graphql, pages } = parts;
  const admit = () => visit.admit(credentialsOf(request), request.signal);
  if (!parts.answersCallers && pathname !== "/metrics") {
    visit.enter();
    return text(404, "Cannot answer here: this server runs transfers, wanted one with ROLE=api or all");
  }
  switch (pathname) {
    case "/graphql": {
      const page = request.method === "GET" && /\btext\/html\b/.test(request.headers.get("accept") ?? "");
      if (page) {
        visit.enter();
        return await graphiql.serve(request);
      }
      const session = await admit();
      // Before anything of it is read; one that does not say how long it is is counted as it comes.
      visit.take("bytes", Number(request.headers.get("content-length") ?? 0) || 0);
      return await graphql.fetch(request, { holdings, session, visit });
    }
    case "/metrics":
      checkIsAdmin((await admit()).caller, "show the metrics");
      return await metrics(parts);
    default:
      return await servePicture(services, admit, request, pathname) ?? await page(pages, request, pathname, visit);
  }
}

async function page(pages: Pages, request: Request, pathname: string, visit: Visit): Promise<Response> {
  visit.enter();
  return await pages(request, pathname) ?? text(404, "Cannot find this page");
}

/** Answers who watches the server, however often; undefined for other paths. */
async function probe({ services, stopping }: HandlerParts, pathname: string): Promise<Response | undefined> {
  switch (pathname) {
    case "/health":
      return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } });
    case "/ready":
      return await ready(services, stopping());
  }
  return undefined;
}

/** A signed link opens what it leads to, and changes nothing. */
function credentialsOf({ method, headers, url }: Request): Credentials {
  const reads = method === "GET" || method === "HEAD";
  return { authorization: headers.get("authorization"), url: reads ? new URL(url) : null };
}

/** Statuses of refusals, where it is not that the server cannot. */
const REFUSALS: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  FORMAT_UNAVAILABLE: 501,
};

/** The answer to a request that nobody, or not this caller, may make, or that cannot be answered now. */
function refusal(error: GramcastError): Response {
  const { code, message, details } = error;
  const headers = new Headers({ "cache-control": "no-store", ...retryHeaders(error) });
  if (code === "UNAUTHENTICATED") headers.set("www-authenticate", 'Bearer realm="Gramcast"');
  const status = REFUSALS[code] ?? 503;
  return Response.json({ errors: [{ message, extensions: { code, ...details } }] }, { status, headers });
}

/** The answer to a request that comes too often. */
function tooOften(error: GraphQLError): Response {
  const { status, headers } = error.extensions["http"] as { status: number; headers: Record<string, string> };
  return Response.json({ errors: [formatError(error)] }, {
    status,
    headers: { ...headers, "cache-control": "no-store" },
  });
}

function refuse(origins: OriginPolicy, request: Request): Response | undefined {
  if (!origins.allowsHost(request)) {
    const errors = [{
      message: "Cannot answer under this name: wanted an address, localhost, or a host of PUBLIC_URL or CORS_ORIGINS",
      extensions: { code: "FORBIDDEN" },
    }];
    return Response.json({ errors }, { status: 421, headers: { "cache-control": "no-store" } });
  }
  const { pathname } = new URL(request.url);
  // Pages of other origins may link to pictures and pages here; what they embed is kept from them by the browser.
  if (pathname !== "/graphql" || origins.allowsOrigin(request)) return undefined;
  const errors = [{
    message: "Cannot answer a page of another origin: wanted this server's, that of PUBLIC_URL, or one of CORS_ORIGINS",
    extensions: { code: "FORBIDDEN" },
  }];
  return Response.json({ errors }, { status: 403, headers: { "cache-control": "no-store", vary: "origin" } });
}

async function ready(services: Services, stopping: boolean): Promise<Response> {
  const status = stopping ? "stopping" : await readiness(services);
  return Response.json({ status }, {
    status: status === "ready" ? 200 : 503,
    headers: { "cache-control": "no-store" },
  });
}

async function readiness({ transfers }: Services): Promise<"ready" | "starting" | "no engine" | "storage full"> {
  const { storageWritable, engines } = await transfers.vitals();
  if (!storageWritable) return "storage full";
  // What is started here waits for a worker: there may be none while there is nothing to do.
  if (engines === 0) return "ready";
  const { promise: late, resolve } = Promise.withResolvers<"starting">();
  const timer = setTimeout(() => resolve("starting"), READY_MS);
  const engine = async () => await transfers.engine();
  const state = await Promise.race([engine().then(() => "ready" as const, () => "no engine" as const), late]);
  clearTimeout(timer);
  return state;
}

async function metrics({ services, metrics, sockets, connections }: HandlerParts): Promise<Response> {
  const { open, heldBytes } = connections();
  const figures = { connections: open, heldBytes, sockets: sockets.size, residentBytes: Deno.memoryUsage().rss };
  return new Response(await metrics.text(await services.transfers.vitals(), figures), {
    headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" },
  });
}

function secured(origins: OriginPolicy, response: Response): Response {
  const { headers } = response;
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", origins.sharesPictures ? "cross-origin" : "same-origin");
  return response;
}

function text(status: number, message: string): Response {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
  return new Response(`${message}\n`, { status, headers });
}
