import { GramcastError } from "../errors.ts";
import type { Services } from "../schema/context.ts";
import type { Log } from "../transfers/log.ts";
import { createGraphqlServer } from "./graphql.ts";
import { createHandler, type Pages } from "./http.ts";
import { landingPages } from "./landing_page.ts";
import { OPERATION_LIMITS, type OperationLimits } from "./limits.ts";
import { OriginPolicy } from "./origin.ts";
import { WEBSOCKET_LIMITS, type WebSocketLimits, WebSocketServer } from "./websocket.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly corsOrigins: readonly string[];
  /** Answers what no other route does: the page at `/` and its files. A page that says where to go when left out. */
  readonly pages?: Pages;
  readonly operationLimits?: OperationLimits;
  readonly webSocketLimits?: WebSocketLimits;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where it can be reached, without a slash at the end. */
  readonly url: string;
  /** Open WebSockets. */
  readonly sockets: number;
  /**
   * Stops taking requests, closes WebSockets with 1012 so that clients connect elsewhere and go on, and waits for answers
   * under way. Server-sent events that still flow are cut off.
   */
  stop(): Promise<void>;
}

/** Milliseconds in which answers under way may end by themselves. */
const GRACE_MS = 2000;

/**
 * Listens and serves.
 *
 * @throws {GramcastError} BAD_USER_INPUT when it cannot listen there.
 */
export function startServer(services: Services, options: ServerOptions, log: Log): RunningServer {
  const graphql = createGraphqlServer(services, log, options.operationLimits ?? OPERATION_LIMITS);
  const sockets = new WebSocketServer(graphql, log, options.webSocketLimits ?? WEBSOCKET_LIMITS);
  const origins = new OriginPolicy(options);
  const cut = new AbortController();
  let stopped: Promise<void> | undefined;
  const pages = options.pages ?? landingPages;
  const stopping = () => stopped !== undefined;
  const handler = createHandler({ services, graphql, sockets, origins, pages, log, stopping });
  const listener = listen(options, cut.signal, handler);

  async function stop(): Promise<void> {
    await sockets.drain();
    const closed = listener.shutdown();
    const timer = setTimeout(() => cut.abort(), GRACE_MS);
    await closed;
    clearTimeout(timer);
    await graphql.dispose();
  }

  return {
    url: addressOf(listener.addr as Deno.NetAddr),
    get sockets() {
      return sockets.size;
    },
    stop: () => stopped ??= stop(),
    [Symbol.asyncDispose]() {
      return this.stop();
    },
  };
}

function listen(
  { host, port }: ServerOptions,
  signal: AbortSignal,
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer {
  try {
    return Deno.serve({ hostname: host, port, signal, onListen() {} }, handler);
  } catch (cause) {
    const found = cause instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : cause instanceof Deno.errors.PermissionDenied
      ? "no permission"
      : cause instanceof Deno.errors.AddrNotAvailable
      ? "no such address here"
      : "an address that cannot be used";
    const message = `Cannot listen on ${host}:${port}: found ${found}, wanted another HOST or PORT`;
    throw new GramcastError("BAD_USER_INPUT", message, { field: "PORT", cause });
  }
}

function addressOf({ hostname, port }: Deno.NetAddr): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
