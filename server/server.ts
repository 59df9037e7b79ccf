import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GramcastError } from "../errors.ts";
import type { Services } from "../schema/context.ts";
import type { Log } from "../transfers/log.ts";
import { createGraphqlServer } from "./graphql.ts";
import { createHandlers, type Pages } from "./http.ts";
import { landingPages } from "./landing_page.ts";
import type { OperationLimits } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { observed, type RequestObserver } from "./request_observer.ts";
import { OriginPolicy } from "./origin.ts";
import { ByteBudget } from "./byte_budget.ts";
import { CONNECTION_LIMITS, type ConnectionLimits, Listener } from "./listener.ts";
import { SystemClock } from "../transfers/clock.ts";
import { NO_RATES, Rates } from "../access/rates.ts";
import { RequestAddress } from "./request_address.ts";
import { Spool } from "./spool.ts";
import { traced } from "./telemetry/traced_requests.ts";
import { WEBSOCKET_LIMITS, type WebSocketLimits, WebSocketServer } from "./websocket.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly corsOrigins: readonly string[];
  /** Where uploads and long answers wait while they are under way; the system's folder for what is temporary when left out. */
  readonly dataDir?: string;
  /** Where it is reached from outside; null, or left out, where that is where it listens. */
  readonly publicUrl?: URL | null;
  /** Addresses and networks of proxies whose word on what a client asked for is taken. */
  readonly trustedProxies?: readonly string[];
  /** Answers what no other route does: the page at `/` and its files. A page that says where to go when left out. */
  readonly pages?: Pages;
  /** Whether it answers callers; true when left out. Otherwise only those who watch it: `/health`, `/ready`, `/metrics`. */
  readonly answersCallers?: boolean;
  /** Documents that may be asked for by their ids. */
  readonly trustedDocuments?: ReadonlyMap<string, string>;
  /** How often callers may come; any number of times when left out. */
  readonly rates?: Rates;
  /** What `/metrics` shows; it hears of requests here, and elsewhere of transfers. */
  readonly metrics?: Metrics;
  /** What else hears of requests. */
  readonly observers?: readonly RequestObserver[];
  /** Whether requests are traced. */
  readonly traces?: boolean;
  readonly operationLimits?: OperationLimits;
  readonly webSocketLimits?: WebSocketLimits;
  readonly connectionLimits?: ConnectionLimits;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where it can be reached, without a slash at the end. */
  readonly url: string;
  /** Open WebSockets. */
  readonly sockets: number;
  /** Open connections, WebSockets included. */
  readonly connections: number;
  /** Bytes of bodies and messages that connections make the server hold in memory, and on the disk. */
  readonly heldBytes: number;
  readonly spooledBytes: number;
  /**
   * Stops taking requests, closes WebSockets with 1012 so that clients reconnect and continue, and waits for answers
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
export async function startServer(services: Services, options: ServerOptions, log: Log): Promise<RunningServer> {
  const { publicUrl = null, trustedProxies = [], metrics = new Metrics(), observers = [] } = options;
  const limits = options.connectionLimits ?? CONNECTION_LIMITS;
  const budget = new ByteBudget(limits.maxHeldBytes);
  const spool = new Spool(join(options.dataDir ?? tmpdir(), "spool"), limits.maxSpooledBytes);
  const graphql = createGraphqlServer(services, log, options);
  const sockets = new WebSocketServer(
    graphql,
    budget,
    log,
    options.webSocketLimits ?? WEBSOCKET_LIMITS,
  );
  const origins = new OriginPolicy({ ...options, publicUrl });
  let stopped: Promise<void> | undefined;
  const pages = options.pages ?? landingPages;
  const stopping = () => stopped !== undefined;
  const connections = () => ({ open: listener.size, heldBytes: budget.held });
  const handlers = createHandlers({
    publicUrl,
    services,
    answersCallers: options.answersCallers ?? true,
    graphql,
    sockets,
    origins,
    pages,
    log,
    metrics,
    rates: options.rates ?? new Rates(NO_RATES, new SystemClock()),
    stopping,
    connections,
  });
  const requestAddress = new RequestAddress({ publicUrl, trustedProxies });
  const heard = observed(handlers, [metrics, ...observers]);
  const listener = new Listener(
    options.traces ? traced(heard) : heard,
    requestAddress,
    budget,
    spool,
    limits,
    log,
  );
  const address = await listen(listener, options);

  async function stop(): Promise<void> {
    await sockets.drain();
    await listener.stop(GRACE_MS);
    await graphql.dispose();
  }

  return {
    url: addressOf(address),
    get sockets() {
      return sockets.size;
    },
    get connections() {
      return listener.size;
    },
    get heldBytes() {
      return budget.held;
    },
    get spooledBytes() {
      return spool.budget.held;
    },
    stop: () => stopped ??= stop(),
    [Symbol.asyncDispose]: () => stopped ??= stop(),
  };
}

/** Why it cannot listen, by what the system says. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use",
  EACCES: "no permission",
  EPERM: "no permission",
  EADDRNOTAVAIL: "no such address here",
};

async function listen(listener: Listener, { host, port }: ServerOptions): Promise<AddressInfo> {
  try {
    return await listener.listen(host, port);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const found = REASONS[code] ?? "an address that cannot be used";
    const message = `Cannot listen on ${host}:${port}: found ${found}, wanted another HOST or PORT`;
    throw new GramcastError("BAD_USER_INPUT", message, { field: "PORT", cause });
  }
}

function addressOf({ address, port }: AddressInfo): string {
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
