/**
 * HTTP on TCP connections that are bounded: in number, in what they may hold, and in how long they may keep the server
 * waiting. `node:http`, since `Deno.serve` shows no connections and has no deadlines.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { Log } from "../transfers/log.ts";
import { inLogScope } from "../transfers/log_scope.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { Connection } from "./connection.ts";
import { BUSY, busy, logInternal, serverError } from "./errors.ts";
import { Holdings } from "./holdings.ts";
import type { RequestAddress } from "./request_address.ts";
import { requestId } from "./request_id.ts";
import type { Spool } from "./spool.ts";

export interface ConnectionLimits {
  /** Connections that may be open at once, WebSockets included. When there are more, idle ones go first. */
  readonly maxConnections: number;
  /** Bytes of the first line and the headers of a request. */
  readonly maxHeaderBytes: number;
  /** Milliseconds in which headers, and a whole request, have to come. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** Milliseconds that a connection may stay open between requests. */
  readonly idleMs: number;
  /** Milliseconds in which a peer has to send, or to take, at least 64 KiB more of what is under way. */
  readonly stallMs: number;
  /** Requests that may come on one connection before the first is answered. */
  readonly maxPipelined: number;
  /** Bytes of bodies and messages that all connections together may make the server hold in memory. */
  readonly maxHeldBytes: number;
  /** Bytes of uploads and long answers that may wait on the disk. */
  readonly maxSpooledBytes: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  maxConnections: 2000,
  maxHeaderBytes: 2 ** 15,
  headersMs: 20_000,
  requestMs: 300_000,
  // Longer than proxies keep theirs (60 s), so that it is them who close.
  idleMs: 75_000,
  stallMs: 20_000,
  maxPipelined: 16,
  maxHeldBytes: 2 ** 28,
  maxSpooledBytes: 2 ** 31,
};

/** A request to go over to another protocol, as `node:http` hands it out. */
export interface Upgrade {
  readonly incoming: IncomingMessage;
  readonly socket: Socket;
  /** What has come behind the request. */
  readonly head: Uint8Array;
}

export interface ListenerHandlers {
  /** Sees an answer before there is anything in it. */
  prepare?(outgoing: ServerResponse): void;
  /** @param client Stands for whoever sends it, as `RequestAddress.clientOf` says. */
  request(request: Request, holdings: Holdings, client: string): Promise<Response>;
  /** Takes the connection over, or answers why not. */
  upgrade(request: Request, upgrade: Upgrade, client: string): Response | undefined;
}

/** The header that names a request, to the server and back. */
export const REQUEST_ID = "x-request-id";
/** Bytes that are sent in one go. */
const SLICE_BYTES = 2 ** 16;
/** Bytes above which what is to be sent waits on the disk. */
const LONG_BYTES = 2 ** 20;
/** Milliseconds in which the rest of a body is thrown away once its request is answered. */
const LINGER_MS = 5000;
/** Looks at the connections in the time of a stall. */
const LOOKS = 4;

/** Listens on a port, and answers what comes. */
export class Listener {
  readonly #budget: ByteBudget;
  readonly #spool: Spool;
  readonly #limits: ConnectionLimits;
  readonly #handlers: ListenerHandlers;
  readonly #address: RequestAddress;
  readonly #log: Log;
  readonly #server: Server;
  /** Those that have been idle for longest come first. */
  readonly #connections = new Map<Socket, Connection>();
  #stopping = false;
  /** Whether more came than may be open, since it last listened. */
  #overrun = false;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(
    handlers: ListenerHandlers,
    address: RequestAddress,
    budget: ByteBudget,
    spool: Spool,
    limits: ConnectionLimits,
    log: Log,
  ) {
    this.#budget = budget;
    this.#spool = spool;
    this.#address = address;
    this.#handlers = handlers;
    this.#limits = limits;
    this.#log = log;
    const options = {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: Math.min(1000, limits.headersMs / LOOKS),
      // Clients that offer HTTP/2 in passing are answered as if they had not.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket",
    };
    this.#server = createServer(
      options,
      (incoming, outgoing) => void this.#named(incoming, () => this.#answer(incoming, outgoing)),
    );
    this.#server.on("connection", (socket) => this.#admit(socket));
    this.#server.on(
      "upgrade",
      (incoming, socket, head) =>
        this.#named(incoming, () => this.#upgrade({ incoming, socket: socket as Socket, head })),
    );
    this.#server.on("clientError", (error, socket) => refuseUnread(error as NodeJS.ErrnoException, socket as Socket));
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  /** @throws What the system says, with its `code`. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, resolve);
    await promise;
    this.#server.off("error", reject);
    // Such as no file descriptor for another connection, or for listening anew: open ones continue.
    this.#server.on("error", (error) => logInternal(this.#log, error));
    const address = this.#server.address() as AddressInfo;
    this.#watch = setInterval(() => {
      this.#endStalled();
      const hasRoom = this.#connections.size < this.#limits.maxConnections;
      if (hasRoom && (this.#overrun || !this.#server.listening)) this.#listenAnew(host, address.port);
    }, this.#limits.stallMs / LOOKS);
    return address;
  }

  /** Takes no new requests, and ends connections when they are idle; those that are not after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const { socket, idle } of this.#connections.values()) if (idle) socket.destroy();
    const timer = setTimeout(() => this.#connections.forEach(({ socket }) => socket.destroy()), graceMs);
    await promise;
    clearTimeout(timer);
    clearInterval(this.#watch);
  }

  /**
   * After a burst that used up all descriptors Deno accepts no connection ever again, and says nothing of it. Where there
   * is none for listening either, the next look tries again.
   */
  #listenAnew(host: string, port: number): void {
    if (this.#stopping) return;
    this.#overrun = false;
    if (this.#server.listening) NetServer.prototype.close.call(this.#server);
    this.#server.listen(port, host);
  }

  #admit(socket: Socket): void {
    if (this.#connections.size >= this.#limits.maxConnections) {
      this.#overrun = true;
      const longestIdle = this.#connections.values().find(({ idle }) => idle);
      if (!longestIdle) return void socket.destroy();
      longestIdle.socket.destroy();
      this.#connections.delete(longestIdle.socket);
    }
    this.#connections.set(socket, new Connection(socket));
    socket.on("close", () => this.#connections.delete(socket));
  }

  #endStalled(): void {
    for (const connection of this.#connections.values()) {
      if (connection.stalled(this.#limits)) connection.socket.destroy();
    }
  }

  /** Gives a request its id, which all that is logged meanwhile has. */
  #named<T>(incoming: IncomingMessage, act: () => T): T {
    const given = incoming.headers[REQUEST_ID]?.toString();
    const id = incoming.headers[REQUEST_ID] = requestId(given, this.#address.trusts(incoming.socket.remoteAddress));
    return inLogScope({ requestId: id }, act);
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.setHeader(REQUEST_ID, idOf(incoming));
    this.#handlers.prepare?.(outgoing);
    const { socket } = incoming;
    const connection = this.#connections.get(socket);
    if (!connection || connection.requests >= this.#limits.maxPipelined) return void socket.destroy();
    const holdings = new Holdings(this.#budget, this.#spool);
    const gone = connection.begin();
    outgoing.on("close", () => gone.abort());
    outgoing.on("error", () => {});
    try {
      const answer = await this.#ask(incoming, connection, holdings, gone.signal);
      if (this.#stopping) outgoing.setHeader("connection", "close");
      await send(answer, outgoing, connection, holdings, gone.signal);
    } catch (error) {
      logInternal(this.#log, error);
      socket.destroy();
    } finally {
      await holdings.release();
      connection.end(gone);
      // The longest idle is the first again.
      if (this.#connections.delete(socket) && !socket.destroyed) this.#connections.set(socket, connection);
      if (this.#stopping && connection.idle) socket.destroySoon();
    }
  }

  async #ask(
    incoming: IncomingMessage,
    connection: Connection,
    holdings: Holdings,
    gone: AbortSignal,
  ): Promise<Answer> {
    const request = toRequest(incoming, this.#address, connection, holdings, gone);
    const { status, headers, body } = request
      ? await this.#handlers.request(request, holdings, this.#clientOf(incoming))
      : malformed();
    if (!incoming.complete) throwAway(incoming);
    return { status, headers, body };
  }

  #clientOf({ headers, socket }: IncomingMessage): string {
    return this.#address.clientOf({ header: (name) => headers[name]?.toString(), peer: socket.remoteAddress });
  }

  #upgrade(upgrade: Upgrade): void {
    const { incoming, socket } = upgrade;
    const connection = this.#connections.get(socket);
    if (!connection) return void socket.destroy();
    connection.upgraded = true;
    const holdings = new Holdings(this.#budget, this.#spool);
    const request = toRequest(incoming, this.#address, connection, holdings, new AbortController().signal);
    const refusal = request ? this.#handlers.upgrade(request, upgrade, this.#clientOf(incoming)) : malformed();
    if (refusal === undefined) return;
    refusal.headers.set(REQUEST_ID, idOf(incoming));
    void refuseUpgrade(socket, refusal);
  }
}

/** The id of a request that has been let in. */
export function idOf({ headers }: IncomingMessage): string {
  return headers[REQUEST_ID] as string;
}

function malformed(): Response {
  return new Response("Cannot read this request: found an invalid method, host or path\n", { status: 400 });
}

/** The request as the rest of the server sees it; undefined when it has no address or method. */
function toRequest(
  incoming: IncomingMessage,
  addresses: RequestAddress,
  connection: Connection,
  holdings: Holdings,
  signal: AbortSignal,
): Request | undefined {
  const { method = "GET", url: target = "/", rawHeaders, socket } = incoming;
  const header = (name: string) => incoming.headers[name]?.toString();
  const address = addresses.resolve({ target, header, peer: socket.remoteAddress });
  if (!address) return undefined;
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  const bodiless = method === "GET" || method === "HEAD" ||
    (headers.get("content-length") ?? "0") === "0" && !headers.has("transfer-encoding");
  try {
    return new Request(address, {
      method,
      headers,
      signal,
      ...(bodiless ? {} : { body: bodyOf(incoming, connection, holdings) }),
    });
  } catch {
    return undefined;
  }
}

/** A body as it comes; all of it counts as held until the request is answered, or somebody puts it elsewhere. */
function bodyOf(
  incoming: IncomingMessage,
  connection: Connection,
  { memory }: Holdings,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array<ArrayBuffer>>;
  return new ReadableStream({
    start: () => connection.progress(),
    async pull(controller) {
      const next = await connection.wait(chunks.next()).catch(() => undefined);
      if (!next) return controller.error(brokenOff());
      const { done, value } = next;
      if (done) return controller.close();
      connection.arrived(value.byteLength);
      if (memory.hold(memory.held + value.byteLength)) return controller.enqueue(value);
      await chunks.return?.();
      controller.error(busy());
    },
    async cancel() {
      await chunks.return?.();
    },
  }, { highWaterMark: 0 });
}

/** What is thrown away of a body, so that its sender gets to reading; whoever still sends then does not read. */
function throwAway(incoming: IncomingMessage): void {
  incoming.resume();
  const { socket } = incoming;
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const clear = () => {
    clearTimeout(timer);
    socket.off("close", clear);
  };
  incoming.once("end", clear);
  socket.once("close", clear);
}

/** A response without what would keep its whole body in memory until it is sent. */
type Answer = Pick<Response, "status" | "headers" | "body">;

/** Sends an answer as fast as it is taken, and no faster. */
async function send(
  { status, headers, body }: Answer,
  outgoing: ServerResponse,
  connection: Connection,
  holdings: Holdings,
  gone: AbortSignal,
): Promise<void> {
  const reader = body?.getReader();
  if (gone.aborted) return void await reader?.cancel();
  const ended = Promise.withResolvers<void>();
  gone.addEventListener("abort", () => {
    ended.resolve();
    reader?.cancel().catch(() => {});
  });
  const begin = () => {
    outgoing.statusCode = status;
    for (const [name, value] of headers) outgoing.appendHeader(name, value);
  };
  if (/^text\/event-stream/.test(headers.get("content-type") ?? "")) {
    begin();
    // The first event may be long in coming.
    outgoing.flushHeaders();
  }
  const before = holdings.memory.held;
  for (;;) {
    const next = await nextPieces(reader, holdings);
    if (gone.aborted) return;
    if (next === "too much") {
      await reader?.cancel();
      if (outgoing.headersSent) return void outgoing.destroy();
      return await send(busyResponse(), outgoing, connection, holdings, gone);
    }
    if (!outgoing.headersSent) begin();
    if (next === "end") break;
    for await (const piece of next) {
      if (outgoing.write(piece)) continue;
      connection.progress();
      const drained = new Promise<void>((resolve) => outgoing.once("drain", resolve));
      await connection.wait(Promise.race([drained, ended.promise]));
      if (gone.aborted) return;
    }
    holdings.memory.hold(before);
  }
  outgoing.end();
  connection.progress();
  await connection.wait(ended.promise);
}

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** What comes next of a body, in pieces; what is long is read back from the disk while it is sent. */
async function nextPieces(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  holdings: Holdings,
): Promise<Pieces | "too much" | "end"> {
  const { done, value } = await reader?.read() ?? { done: true, value: undefined };
  if (done) return "end";
  if (value.byteLength > LONG_BYTES) {
    const spooled = await holdings.file();
    const at = await spooled.append(value);
    return at === false ? "too much" : spooled.pieces(at, value.byteLength);
  }
  const { memory } = holdings;
  if (value.byteLength > SLICE_BYTES && !memory.hold(memory.held + value.byteLength)) return "too much";
  return slices(value);
}

function* slices(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.byteLength; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

function brokenOff() {
  return serverError("BAD_REQUEST", "Cannot read the request body: found an incomplete one, wanted all of it");
}

function busyResponse(): Response {
  const errors = [{ message: BUSY, extensions: { code: "RATE_LIMITED" } }];
  return Response.json({ errors }, { status: 503, headers: { "retry-after": "2" } });
}

/** What could not be read as a request, by the code of the parser. */
const UNREAD: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

function refuseUnread({ code = "" }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === "ECONNRESET") return void socket.destroy();
  const head = `HTTP/1.1 ${UNREAD[code] ?? "400 Bad Request"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}

async function refuseUpgrade(socket: Socket, response: Response): Promise<void> {
  const body = await response.text();
  response.headers.set("connection", "close");
  response.headers.set("content-length", String(new TextEncoder().encode(body).byteLength));
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(
    `HTTP/1.1 ${response.status} ${response.statusText || "Refused"}\r\n${headers}\r\n${body}`,
    () => socket.destroy(),
  );
}
