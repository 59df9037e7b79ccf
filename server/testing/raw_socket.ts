import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";

// deno-lint-ignore no-explicit-any -- a message of the protocol, checked by the test
type Message = any;

/** A WebSocket that speaks the protocol message by message, right or wrong. */
export class RawSocket {
  /** How the server closed it. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];
  #wake: (() => void) | undefined;

  /** @throws What the upgrade was refused with. */
  static async connect(
    url: string,
    headers: Record<string, string> = {},
    protocols = [GRAPHQL_TRANSPORT_WS_PROTOCOL as string],
  ): Promise<RawSocket> {
    const address = new URL(url);
    address.protocol = "ws:";
    if (address.pathname === "/") address.pathname = "/graphql";
    // Deno's own option: a page cannot set headers, a program can.
    const socket = new WebSocket(address, { protocols, headers } as unknown as string[]);
    const raw = new RawSocket(socket);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.onopen = () => resolve();
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    await promise;
    return raw;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = promise;
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
    socket.onmessage = ({ data }) => {
      this.#messages.push(JSON.parse(data));
      this.#wake?.();
    };
  }

  /** Sends text and bytes as they are, anything else as JSON. */
  send(message: unknown): void {
    const plain = typeof message === "string" || message instanceof Uint8Array;
    this.#socket.send(plain ? message as string : JSON.stringify(message));
  }

  /** The next message that has come or comes. */
  async receive(): Promise<Message> {
    while (this.#messages.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.#messages.shift();
  }

  /** Begins the protocol. */
  async init(): Promise<void> {
    this.send({ type: "connection_init" });
    const { type } = await this.receive();
    if (type !== "connection_ack") throw new Error(`not acknowledged: ${type}`);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
