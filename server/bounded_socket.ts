import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
// @ts-types="npm:@types/ws@8.18.2"
import { WebSocket } from "ws";
import { Turns } from "../transfers/turns.ts";
import type { Lease } from "./byte_budget.ts";
import type { JsonPieces } from "./json_pieces.ts";

export interface SocketLimits {
  /** Bytes of one message. */
  readonly maxMessage: number;
  /** Bytes of what comes before the protocol has begun. */
  readonly maxGreeting: number;
  /** Bytes that may wait to be sent before no more is read. */
  readonly highWater: number;
  /** Milliseconds between looks at whether a peer is there and does its part. */
  readonly beatMs: number;
}

/** Beats that a peer may leave pings unanswered, and messages half sent or half taken. */
const SILENT_BEATS = 2;
export const STUCK_BEATS = 3;
/** Bytes of a message that count as progress in one beat. */
const PROGRESS_BYTES = 2 ** 15;
/** Bytes that a peer may have on their way when it hears that the socket is closed. */
const GOODBYE_BYTES = 2 ** 20;
/** Bytes that a close frame has for its reason. */
const MAX_REASON = 100;

const UNSUPPORTED_DATA = 1003;
const MESSAGE_TOO_BIG = 1009;
const TRY_AGAIN_LATER = 1013;

/** A WebSocket whose peer can make the server hold and wait for no more than it may. */
export class BoundedSocket {
  /** Resolves with how it was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Whether the protocol has begun. */
  greeted = false;
  readonly #socket: WebSocket;
  readonly #lease: Lease;
  readonly #limits: SocketLimits;
  /** Bytes that have come since the last whole message. */
  #partial = 0;
  /** Characters of messages that are being worked on. */
  #bytes = 0;
  /** Bytes that have come after it was closed. */
  #behind = 0;
  /** Pieces of messages. */
  #sent = 0;
  /** Characters of messages that are yet to be sent. */
  #waiting = 0;
  /** The pieces of a message have to stay together. */
  readonly #sending = new Turns();
  #silent = 0;
  #stuck = 0;
  #last = { partial: 0, sent: 0 };

  /** @param raw The connection below `socket`. */
  constructor(socket: WebSocket, raw: Socket, lease: Lease, limits: SocketLimits) {
    this.#socket = socket;
    this.#lease = lease;
    this.#limits = limits;
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = promise;
    raw.prependListener("data", ({ length }: Uint8Array) => {
      this.#silent = 0;
      this.#partial += length;
      // The library throws away what comes behind its close, for as long as a peer has for its goodbye. A flood of it would
      // keep the event loop busy.
      if (!this.#open && (this.#behind += length) > GOODBYE_BYTES) return void socket.pause();
      if (!this.greeted && this.#partial > limits.maxGreeting && this.#open) {
        this.#refuse(MESSAGE_TOO_BIG, `At most ${limits.maxGreeting} bytes before connection_ack`);
      } else this.#account();
    });
    const beat = setInterval(() => this.#beat(), limits.beatMs);
    // The library closes for too long a message with a code alone.
    const tooLong = `At most ${limits.maxMessage} bytes in a message; longer ones go over HTTP`;
    const close = socket.close.bind(socket);
    socket.close = (code, reason = code === MESSAGE_TOO_BIG ? tooLong : undefined) => close(code, reason);
    // What is wrong with a frame or the connection: the close that follows says so.
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      clearInterval(beat);
      lease.hold(0);
      resolve({ code, reason: reason.toString() });
    });
  }

  /** Has every text message handled; `handle` may take its time, its message counts as held until it resolves. */
  onMessage(handle: (text: string) => Promise<void>): void {
    this.#socket.on("message", async (data, binary) => {
      this.#partial = 0;
      if (!this.#open) return;
      if (binary) return this.close(UNSUPPORTED_DATA, "Text messages only");
      const text = data.toString();
      this.#bytes += text.length;
      this.#account();
      await handle(text);
      this.#bytes -= text.length;
      this.#account();
    });
  }

  /**
   * Sends a message, each of its pieces as a fragment when the one before has been taken. Resolves when all have: senders
   * wait for a peer that does not read.
   */
  async send(message: JsonPieces): Promise<void> {
    if (!this.#open) return;
    this.#waiting += message.length;
    this.#account();
    await this.#sending.take(() => this.#sendPieces(message));
    this.#waiting -= message.length;
    this.#account();
  }

  async #sendPieces(message: JsonPieces): Promise<void> {
    const pieces = message[Symbol.iterator]();
    for (let piece = pieces.next(), next; !piece.done && this.#open; piece = next) {
      next = pieces.next();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#socket.send(piece.value, { fin: next.done === true }, () => resolve());
      this.#account();
      await promise;
      this.#sent++;
      // A fast peer has its piece at once: others get their turn nevertheless.
      if (!next.done) await new Promise((resume) => setImmediate(resume));
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, MAX_REASON));
    // The peer's goodbye has to be read.
    this.#socket.resume();
  }

  /** Closes without reading any more: the library gives the connection up when no goodbye comes. */
  #refuse(code: number, reason: string): void {
    this.close(code, reason);
    this.#socket.pause();
  }

  #account(): void {
    if (!this.#open) return;
    // Pongs and closing are buffered, too.
    const waiting = Math.max(this.#waiting, this.#socket.bufferedAmount);
    if (!this.#lease.hold(this.#partial + this.#bytes + waiting)) {
      this.#refuse(TRY_AGAIN_LATER, "Too much is held for all connections together");
    } else if (waiting > this.#limits.highWater) {
      this.#socket.pause();
    } else if (this.#socket.isPaused) {
      this.#socket.resume();
    }
  }

  get #open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Gives up a peer that is gone, or that neither sends nor takes what is under way. */
  #beat(): void {
    const last = this.#last;
    this.#last = { partial: this.#partial, sent: this.#sent };
    const moves = this.#partial === 0 && this.#waiting === 0 && this.#socket.bufferedAmount === 0 ||
      this.#sent !== last.sent ||
      this.#partial < last.partial || this.#partial >= last.partial + PROGRESS_BYTES;
    this.#stuck = moves ? 0 : this.#stuck + 1;
    if (!this.#socket.isPaused) this.#silent++;
    if (this.#silent > SILENT_BEATS || this.#stuck > STUCK_BEATS) this.#socket.terminate();
    else if (this.#open) this.#socket.ping();
  }
}
