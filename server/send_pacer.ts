/** Milliseconds between looks at a socket whose peer reads slowly: there is no event that tells. */
const POLL_MS = 5;

/** Holds up whoever sends on a socket while too much of what was sent waits for its peer. */
export class SendPacer {
  readonly #socket: WebSocket;
  readonly #highWater: number;
  #waiting: { readonly promise: Promise<void>; readonly end: () => void } | undefined;

  /** @param highWater Bytes that may wait. */
  constructor(socket: WebSocket, highWater: number) {
    this.#socket = socket;
    this.#highWater = highWater;
  }

  /** Resolves when little enough waits, or `close` is called. All callers share one timer. */
  async ready(): Promise<void> {
    if (this.#isReady()) return;
    this.#waiting ??= this.#wait();
    await this.#waiting.promise;
  }

  /** To be called when the socket is closed. */
  close(): void {
    this.#waiting?.end();
  }

  #isReady(): boolean {
    return this.#socket.bufferedAmount <= this.#highWater || this.#socket.readyState !== WebSocket.OPEN;
  }

  #wait() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setInterval(() => this.#isReady() && end(), POLL_MS);
    const end = () => {
      clearInterval(timer);
      this.#waiting = undefined;
      resolve();
    };
    return { promise, end };
  }
}
