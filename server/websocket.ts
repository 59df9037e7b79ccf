/**
 * graphql-transport-ws over the sockets of `ws`. The adapter of graphql-ws for them bounds neither what a peer sends nor
 * what it does not read.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type ExecutionArgs,
  type FormattedExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLFormattedError,
  OperationTypeNode,
} from "graphql";
import {
  CloseCode,
  type Context,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  makeServer,
  type Server,
  type SubscribePayload,
} from "graphql-ws";
// @ts-types="npm:@types/ws@8.18.2"
import { type ServerOptions, WebSocketServer as Upgrader } from "ws";
import type { Session } from "../access/access.ts";
import { type ErrorCode, GramcastError } from "../errors.ts";
import type { Log } from "../transfers/log.ts";
import { BoundedSocket, type SocketLimits } from "./bounded_socket.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { formatError, isInternal, logInternal, maskError, serverError } from "./errors.ts";
import type { GraphqlServer } from "./graphql.ts";
import type { Visit } from "./visit.ts";
import { checkStructure } from "./json.ts";
import { PiecewiseJson } from "./json_pieces.ts";
import { idOf, REQUEST_ID, type Upgrade } from "./listener.ts";

export interface WebSocketLimits extends SocketLimits {
  /** Sockets that may be open at once. */
  readonly maxSockets: number;
  /** Operations that may be under way on one socket. */
  readonly maxOperations: number;
  /** Characters of a message that opens a subscription: they are kept for as long as it lasts. */
  readonly maxSubscription: number;
}

export const WEBSOCKET_LIMITS: WebSocketLimits = {
  maxSockets: 1000,
  maxOperations: 50,
  // Read on the event loop, in a few milliseconds; what is longer goes over HTTP.
  maxMessage: 2 ** 20,
  maxGreeting: 2 ** 14,
  maxSubscription: 2 ** 16,
  highWater: 2 ** 20,
  beatMs: 10_000,
};

/** Milliseconds in which sockets may say goodbye. */
const DRAIN_MS = 2000;
/** Pieces that one message may come in. */
const MAX_FRAGMENTS = 1024;

/** The one version of the protocol. */
const VERSION = "13";
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;
/** How a socket is closed whose caller is not let in. */
const REFUSALS: Readonly<Partial<Record<ErrorCode, CloseCode>>> = {
  UNAUTHENTICATED: CloseCode.Unauthorized,
  FORBIDDEN: CloseCode.Forbidden,
};

/** How graphql-ws refuses what a client never sends, as `next`; the protocol has a close code for it. */
const SERVER_ONLY = /Unexpected message of type \w+ received/;

/** The state of a socket and of the message that is being read from it. */
interface Extra {
  readonly socket: BoundedSocket;
  message: { readonly characters: number; isOperation: boolean };
  /** Operations under way, those among them that were completed too soon for their answers. */
  operations: number;
  /** Of the upgrade; browsers send theirs in `connection_init`. */
  readonly authorization: string | null;
  readonly visit: Visit;
  /** Null before `connection_ack`. */
  session: Session | null;
}

/** Accepts sockets and runs their operations. */
export class WebSocketServer {
  readonly #server: Server<Extra>;
  readonly #upgrader: Upgrader;
  readonly #budget: ByteBudget;
  readonly #limits: WebSocketLimits;
  readonly #log: Log;
  readonly #sockets = new Set<BoundedSocket>();
  readonly #json = new PiecewiseJson();
  #draining = false;

  constructor(graphql: GraphqlServer, budget: ByteBudget, log: Log, limits: WebSocketLimits) {
    this.#budget = budget;
    this.#limits = limits;
    this.#log = log;
    const options: ServerOptions & { readonly maxFragments: number; readonly closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.maxMessage,
      maxFragments: MAX_FRAGMENTS,
      closeTimeout: DRAIN_MS,
      // One message of a socket in a turn of the event loop: others get theirs between.
      allowSynchronousEvents: false,
      handleProtocols: () => GRAPHQL_TRANSPORT_WS_PROTOCOL,
    };
    this.#upgrader = new Upgrader(options);
    this.#upgrader.on("headers", (headers, incoming) => headers.push(`${REQUEST_ID}: ${idOf(incoming)}`));
    this.#server = makeServer<Record<string, unknown>, Extra>({
      jsonMessageReplacer: this.#json.replacer,
      execute: (args) => (args as EnvelopedArguments).rootValue.execute(args),
      subscribe: (args) => (args as EnvelopedArguments).rootValue.subscribe(args),
      onConnect: (context) => this.#admit(context),
      onSubscribe: ({ extra }, _id, payload) => {
        extra.message.isOperation = true;
        if (++extra.operations > limits.maxOperations) {
          return [serverError("RATE_LIMITED", `Cannot run more than ${limits.maxOperations} operations on one socket`)];
        }
        try {
          extra.visit.take("bytes", extra.message.characters);
          extra.visit.take("requests", 1);
        } catch (error) {
          if (error instanceof GraphQLError) return [error];
          throw error;
        }
        return prepare(graphql, extra, payload, limits.maxSubscription);
      },
      // An iterator that fails midway comes here as it is.
      onError: (_context, _id, _payload, errors) => errors.map((error) => this.#masked(error)),
      onNext: ({ extra }, _id, _payload, args, { errors, ...result }) => ({
        ...result as FormattedExecutionResult,
        ...(errors ? { errors: errors.map(formatError) } : {}),
        ...((args as EnvelopedArguments).rootValue.single && extra.visit.states.length > 0
          ? { extensions: { ...result.extensions, rateLimit: extra.visit.shown } }
          : {}),
      }),
    });
  }

  /** @returns False where the socket has been closed: who it is of is not known. */
  async #admit(context: Context<Record<string, unknown>, Extra>): Promise<boolean> {
    const { extra, connectionParams } = context;
    // Nobody reads it again: it is not kept for the life of the socket.
    delete (context as { connectionParams?: unknown }).connectionParams;
    const { socket } = extra;
    const gone = new AbortController();
    void socket.closed.then(() => gone.abort());
    try {
      const authorization = authorizationOf(connectionParams) ?? extra.authorization;
      extra.session = await extra.visit.admit({ authorization, url: null }, gone.signal);
    } catch (error) {
      if (error instanceof GraphQLError) {
        socket.close(TRY_AGAIN_LATER, error.message);
        return false;
      }
      if (!(error instanceof GramcastError)) throw error;
      socket.close(REFUSALS[error.code] ?? TRY_AGAIN_LATER, error.message);
      return false;
    }
    const closed = () =>
      socket.close(CloseCode.Unauthorized, "Cannot go on: the key or token has expired or was revoked");
    extra.session.ended.addEventListener("abort", closed, { once: true });
    socket.greeted = true;
    return true;
  }

  /** Open sockets. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Takes a connection over; answers why not otherwise. */
  accept(request: Request, { incoming, socket, head }: Upgrade, visit: Visit): Response | undefined {
    const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(GRAPHQL_TRANSPORT_WS_PROTOCOL)) {
      return new Response(`Cannot upgrade: wanted the subprotocol ${GRAPHQL_TRANSPORT_WS_PROTOCOL}\n`, { status: 400 });
    }
    // RFC 6455, section 4.2.2; the library would take 8, too.
    if (request.headers.get("sec-websocket-version") !== VERSION) {
      const headers = { "sec-websocket-version": VERSION };
      return new Response(`Cannot upgrade: wanted version ${VERSION}\n`, { status: 426, headers });
    }
    if (this.#draining || this.#sockets.size >= this.#limits.maxSockets) {
      const why = this.#draining ? "the server is stopping" : "too many sockets are open";
      return new Response(`Cannot upgrade: ${why}\n`, { status: 503, headers: { "retry-after": "2" } });
    }
    // The library answers an invalid handshake; the callback comes at once or never.
    this.#upgrader.handleUpgrade(incoming, socket, head as never, (opened) => {
      this.#open(
        new BoundedSocket(opened, socket, this.#budget.lease(), this.#limits),
        request.headers.get("authorization"),
        visit,
      );
    });
    return undefined;
  }

  /** Refuses new sockets and closes the open ones with 1012, after which clients reconnect and continue. */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const socket of this.#sockets) socket.close(SERVICE_RESTART, "Service restart");
    // The library gives up those that do not say goodbye.
    await Promise.all([...this.#sockets].map(({ closed }) => closed));
  }

  async #open(socket: BoundedSocket, authorization: string | null, visit: Visit): Promise<void> {
    this.#sockets.add(socket);
    const extra: Extra = {
      socket,
      message: { characters: 0, isOperation: false },
      operations: 0,
      authorization,
      visit,
      session: null,
    };
    // What is logged for a message has the id of the upgrade.
    const inScope = AsyncLocalStorage.snapshot();
    const ended = this.#server.opened({
      // The only one that `accept` lets through.
      protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
      // Waiting holds up the operation's iterator, so that it produces no more than is read.
      // The library asks for it as soon as it has written the message.
      send: (data) => socket.send(this.#json.pieces(data)),
      close: (code, reason) => socket.close(code ?? CloseCode.InternalServerError, reason ?? ""),
      onMessage: (handle) =>
        socket.onMessage(async (text) => {
          const message = extra.message = { characters: text.length, isOperation: false };
          try {
            checkStructure(text);
            await inScope(() => handle(text));
          } catch (error) {
            if (SERVER_ONLY.test(String(error))) {
              return socket.close(CloseCode.BadRequest, "Message that only a server sends");
            }
            if (error instanceof GraphQLError) {
              return socket.close(CloseCode.BadRequest, error.message);
            }
            this.#masked(error);
            socket.close(CloseCode.InternalServerError, "Internal error");
          } finally {
            if (message.isOperation) extra.operations--;
          }
        }),
    }, extra);
    const { code, reason } = await socket.closed;
    this.#sockets.delete(socket);
    await ended(code, reason);
  }

  #masked(error: unknown): GraphQLFormattedError {
    if (isInternal(error)) logInternal(this.#log, error);
    return formatError(maskError(error));
  }
}

interface EnvelopedArguments extends ExecutionArgs {
  readonly rootValue: Pick<ReturnType<GraphqlServer["getEnveloped"]>, "execute" | "subscribe"> & {
    /** Whether it has one result: it is no subscription. */
    readonly single: boolean;
  };
}

/** `authorization` of `connection_init`, however it is written: it stands for the header that browsers cannot send. */
function authorizationOf(parameters: Record<string, unknown> | undefined): string | null {
  const given = Object.entries(parameters ?? {}).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  return typeof given === "string" ? given : null;
}

/** Parses and validates an operation; execution goes through the same plugins as over HTTP. */
async function prepare(
  graphql: GraphqlServer,
  { session, visit, message: { characters } }: Extra,
  payload: SubscribePayload,
  maxSubscription: number,
) {
  const { variables } = payload;
  // The library keeps the message until the operation ends.
  (payload as { variables?: unknown }).variables = undefined;
  try {
    const enveloped = graphql.getEnveloped({ params: payload, session, visit } as never);
    const document = enveloped.parse(payload.query);
    const errors = enveloped.validate(enveloped.schema, document);
    if (errors.length > 0) return errors.map(maskError);
    const operation = getOperationAST(document, payload.operationName);
    if (!operation) {
      return [serverError("BAD_REQUEST", "Cannot execute: found no operation of that name, or several, wanted one")];
    }
    if (operation.operation === OperationTypeNode.SUBSCRIPTION && characters > maxSubscription) {
      return [
        serverError(
          "QUERY_TOO_COMPLEX",
          `Cannot open a subscription: found ${characters} characters, wanted at most ${maxSubscription}`,
        ),
      ];
    }
    return {
      schema: enveloped.schema,
      document,
      operationName: payload.operationName ?? null,
      variableValues: variables ?? {},
      contextValue: await enveloped.contextFactory(),
      rootValue: {
        execute: enveloped.execute,
        subscribe: enveloped.subscribe,
        single: operation.operation !== OperationTypeNode.SUBSCRIPTION,
      },
    };
  } catch (error) {
    return [error instanceof GraphQLError ? error : new GraphQLError("", { cause: error })];
  }
}
