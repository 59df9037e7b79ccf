/** A server that answers each connection with bytes as they are, right or wrong HTTP. */
export interface ByteServer extends AsyncDisposable {
  readonly port: number;
  /** Heads of the requests that have come. */
  readonly requests: string[];
}

/**
 * Listens on a port of this machine.
 *
 * @param answer Pieces to send; the connection is closed after the last one.
 */
export function serveBytes(answer: (request: string) => Iterable<string> | AsyncIterable<string>): ByteServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [];
  const connections = new Set<Deno.TcpConn>();

  async function serve(connection: Deno.TcpConn): Promise<void> {
    try {
      const buffer = new Uint8Array(65_536);
      const request = new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0));
      requests.push(request);
      const writer = connection.writable.getWriter();
      for await (const piece of answer(request)) await writer.write(new TextEncoder().encode(piece));
      await writer.close();
    } catch {
      // The other end went away, as some tests want it to.
    } finally {
      connections.delete(connection);
    }
  }

  const done = (async () => {
    const served: Promise<void>[] = [];
    for await (const connection of listener) {
      connections.add(connection);
      served.push(serve(connection));
    }
    await Promise.all(served);
  })();

  return {
    port: listener.addr.port,
    requests,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // It had ended by itself.
        }
      }
      await done;
    },
  };
}
