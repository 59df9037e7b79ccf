import type { Socket } from "node:net";
import type { ConnectionLimits } from "./listener.ts";

/** Bytes that count as progress of a body: fewer in the time of a stall are a trickle. */
const PROGRESS_BYTES = 2 ** 16;

/** One TCP connection: what it is waiting for, and since when. */
export class Connection {
  readonly socket: Socket;
  /** Whether it is a WebSocket now, which has limits of its own. */
  upgraded = false;
  /** One for each request that has come and is not answered to its end; several where they come without waiting. */
  readonly #answers = new Set<AbortController>();
  #waiting = 0;
  #progressAt = 0;
  #arrived = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    // Its end is what matters, and comes as "close".
    socket.on("error", () => {});
    // An answer that waits behind another is not told by the system.
    socket.on("close", () => this.#answers.forEach((answer) => answer.abort()));
  }

  /** Requests that are not answered to their end. */
  get requests(): number {
    return this.#answers.size;
  }

  /** Begins an answer, which is to be ended. @returns what is aborted when nobody is there any more to take it. */
  begin(): AbortController {
    const answer = new AbortController();
    this.#answers.add(answer);
    return answer;
  }

  /** An answer has been given, or given up. */
  end(answer: AbortController): void {
    this.#answers.delete(answer);
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
