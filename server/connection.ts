import type { Socket } from "node:net";
import type { ConnectionLimits } from "./listener.ts";

/** Bytes that count as progress of a body: fewer in the time of a stall are a trickle. */
const PROGRESS_BYTES = 2 ** 16;

/** One TCP connection: what it is waiting for, and since when. */
export class Connection {
  readonly socket: Socket;
  /** Requests that have come and are not answered to their end; more than one where they are sent without waiting. */
  requests = 0;
  /** Whether it is a WebSocket now, which has limits of its own. */
  upgraded = false;
  #waiting = 0;
  #progressAt = 0;
  #arrived = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    // Its end is what matters, and comes as "close".
    socket.on("error", () => {});
  }

  /** Whether nobody is owed an answer. */
  get idle(): boolean {
    return this.requests === 0 && !this.upgraded;
  }

  /** Waits for the peer to send or to take something; how long without progress, `stalled` looks at. */
  async wait<T>(event: Promise<T>): Promise<T> {
    this.#waiting++;
    try {
      return await event;
    } finally {
      this.#waiting--;
    }
  }

  /** Bytes of a body have come. */
  arrived(bytes: number): void {
    this.#arrived += bytes;
    if (this.#arrived >= PROGRESS_BYTES) this.progress();
  }

  /** The peer has done something, or waiting for it begins. */
  progress(): void {
    this.#arrived = 0;
    this.#progressAt = performance.now();
  }

  /** Whether the peer keeps the server waiting for longer than it may. */
  stalled({ stallMs }: ConnectionLimits): boolean {
    return this.#waiting > 0 && performance.now() - this.#progressAt > stallMs;
  }
}
