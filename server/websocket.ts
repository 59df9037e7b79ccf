/**
 * graphql-transport-ws over Deno's WebSockets. The adapter that graphql-ws ships for Deno closes every socket there
 * (its issue 587) and does not wait for slow readers.
 *
 * @module
 */
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
} from "graphql";
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import type { Log } from "../transfers/log.ts";
import { isInternal, logInternal, maskError, serverError } from "./errors.ts";
import type { GraphqlServer } from "./graphql.ts";
import { SendPacer } from "./send_pacer.ts";

export interface WebSocketLimits {
  /** Sockets that may be open at once. */
  readonly maxSockets: number;
  /** Operations that may be under way on one socket. */
  readonly maxOperations: number;
  /** Characters of one message. */
  readonly maxMessage: number;
  /** Bytes that may wait to be sent before an operation is held up. */
  readonly highWater: number;
}

export const WEBSOCKET_LIMITS: WebSocketLimits = {
  maxSockets: 1000,
  maxOperations: 50,
  maxMessage: 8 * 2 ** 20,
  highWater: 2 ** 20,
};

/** Seconds until a peer that answers no ping is given up. */
const IDLE_SECONDS = 20;
/** Milliseconds in which sockets may say goodbye. */
const DRAIN_MS = 2000;
const MAX_REASON = 100;

const SERVICE_RESTART = 1012;
const UNSUPPORTED_DATA = 1003;
const MESSAGE_TOO_BIG = 1009;
const INTERNAL_SERVER_ERROR = 4500;

/** Accepts sockets and runs their operations. */
export class WebSocketServer {
  readonly #server: Server;
  readonly #limits: WebSocketLimits;
  readonly #log: Log;
  readonly #sockets = new Map<WebSocket, Promise<void>>();
  #draining = false;

  constructor(graphql: GraphqlServer, log: Log, limits: WebSocketLimits = WEBSOCKET_LIMITS) {
    this.#limits = limits;
    this.#log = log;
    this.#server = makeServer({
      execute: (args) => (args as EnvelopedArguments).rootValue.execute(args),
      subscribe: (args) => (args as EnvelopedArguments).rootValue.subscribe(args),
      onSubscribe: (context, _id, payload) => {
        if (Object.keys(context.subscriptions).length > limits.maxOperations) {
          return [serverError("RATE_LIMITED", `Cannot run more than ${limits.maxOperations} operations on one socket`)];
        }
        return prepare(graphql, payload);
      },
      // An iterator that fails midway comes here as it is.
      onError: (_context, _id, _payload, errors) => errors.map((error) => this.#masked(error)),
      onNext: (_context, _id, _payload, _args, { errors, ...result }) => ({
        ...result as FormattedExecutionResult,
        ...(errors ? { errors: errors.map(formatted) } : {}),
      }),
    });
  }

  /** Open sockets. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Answers an upgrade request. */
  accept(request: Request): Response {
    const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(GRAPHQL_TRANSPORT_WS_PROTOCOL)) {
      return new Response(`Cannot upgrade: wanted the subprotocol ${GRAPHQL_TRANSPORT_WS_PROTOCOL}\n`, { status: 400 });
    }
    if (this.#draining || this.#sockets.size >= this.#limits.maxSockets) {
      const why = this.#draining ? "the server is stopping" : "too many sockets are open";
      return new Response(`Cannot upgrade: ${why}\n`, { status: 503, headers: { "retry-after": "2" } });
    }
    const { socket, response } = Deno.upgradeWebSocket(request, {
      protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
      idleTimeout: IDLE_SECONDS,
    });
    socket.binaryType = "arraybuffer";
    const closed = Promise.withResolvers<void>();
    this.#sockets.set(socket, closed.promise);
    socket.onopen = () => this.#open(socket);
    // Comes twice when a peer has answered no ping.
    socket.addEventListener("close", () => {
      this.#sockets.delete(socket);
      closed.resolve();
    });
    return response;
  }

  /** Refuses new sockets and closes the open ones with 1012, upon which clients connect again and go on. */
  async drain(): Promise<void> {
    this.#draining = true;
    const closed = [...this.#sockets.values()];
    for (const socket of this.#sockets.keys()) close(socket, SERVICE_RESTART, "Service restart");
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, DRAIN_MS);
    await Promise.race([Promise.all(closed), promise]);
    clearTimeout(timer);
  }

  #open(socket: WebSocket): void {
    const { maxMessage, highWater } = this.#limits;
    const pacer = new SendPacer(socket, highWater);
    let over = false;
    const ended = this.#server.opened({
      // `socket.protocol` is always empty on Deno's server side; `accept` has made sure of it.
      protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
      send: async (data) => {
        if (socket.readyState !== WebSocket.OPEN) return;
        socket.send(data);
        // Waiting here holds up the operation's iterator, so that it produces no more than is read.
        await pacer.ready();
      },
      close: (code, reason) => close(socket, code ?? INTERNAL_SERVER_ERROR, reason ?? ""),
      onMessage: (handle) => {
        socket.onmessage = async ({ data }) => {
          if (typeof data !== "string") return close(socket, UNSUPPORTED_DATA, "Text messages only");
          if (data.length > maxMessage) return close(socket, MESSAGE_TOO_BIG, `At most ${maxMessage} characters`);
          try {
            await handle(data);
          } catch (error) {
            this.#masked(error);
            close(socket, INTERNAL_SERVER_ERROR, "Internal error");
          }
        };
      },
    }, undefined);
    socket.onclose = async ({ code, reason }) => {
      if (over) return;
      over = true;
      pacer.close();
      await ended(code, reason);
    };
    socket.onerror = () => {};
  }

  #masked(error: unknown): GraphQLFormattedError {
    if (isInternal(error)) logInternal(this.#log, error);
    return formatted(maskError(error));
  }
}

interface EnvelopedArguments extends ExecutionArgs {
  readonly rootValue: Pick<ReturnType<GraphqlServer["getEnveloped"]>, "execute" | "subscribe">;
}

/** Parses and validates an operation; execution goes through the same plugins as over HTTP. */
async function prepare(graphql: GraphqlServer, payload: SubscribePayload) {
  try {
    const enveloped = graphql.getEnveloped({ params: payload } as never);
    const document = enveloped.parse(payload.query);
    const errors = enveloped.validate(enveloped.schema, document);
    if (errors.length > 0) return errors.map(maskError);
    if (!getOperationAST(document, payload.operationName)) {
      return [serverError("BAD_REQUEST", "Cannot execute: found no single operation of that name, wanted one")];
    }
    return {
      schema: enveloped.schema,
      document,
      operationName: payload.operationName ?? null,
      variableValues: payload.variables ?? {},
      contextValue: await enveloped.contextFactory(),
      rootValue: { execute: enveloped.execute, subscribe: enveloped.subscribe },
    };
  } catch (error) {
    return [error instanceof GraphQLError ? error : new GraphQLError("", { cause: error })];
  }
}

/** An error as it is sent; `http` concerns HTTP only. */
function formatted(error: GraphQLError | GraphQLFormattedError): GraphQLFormattedError {
  const { extensions, ...rest } = error instanceof GraphQLError ? error.toJSON() : error;
  const { http: _, ...shown } = extensions ?? {};
  return { ...rest, extensions: shown };
}

function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CONNECTING) {
    socket.close(code, reason.slice(0, MAX_REASON));
  }
}
