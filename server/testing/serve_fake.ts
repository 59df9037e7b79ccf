import { FakeServices } from "../../schema/testing/fake_services.ts";
import { lineLog } from "../../transfers/log.ts";
import { type RunningServer, type ServerOptions, startServer } from "../server.ts";

/** A server over fake services, on a port of its own. */
export interface FakeServer extends AsyncDisposable {
  readonly url: string;
  readonly services: FakeServices;
  readonly server: RunningServer;
  /** Lines that the server has logged. */
  readonly log: string[];
  /** Sends an operation as JSON. */
  post(query: string, variables?: unknown, headers?: HeadersInit): Promise<Answer>;
}

/** The answer to an operation. */
export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- whatever was selected
  readonly data: any;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly unknown[];
    readonly extensions: { readonly code: string; readonly field?: string };
  }[];
}

/** Starts a server that a test can talk to. */
export async function serveFake(options: Partial<ServerOptions> = {}): Promise<FakeServer> {
  const services = new FakeServices({ publicUrl: options.publicUrl ?? null });
  const log: string[] = [];
  const add = (message: string) => void log.push(message);
  const settings = { host: "127.0.0.1", port: 0, corsOrigins: [], ...options };
  const server = await startServer(services, settings, lineLog(add, add));
  return {
    url: server.url,
    services,
    server,
    log,
    post: async (query, variables, headers = {}) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ query, variables }),
      });
      return await answerOf(response);
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Reads a response of /graphql. */
export async function answerOf(response: Response): Promise<Answer> {
  const { data, errors } = await response.json();
  return { status: response.status, data, errors: errors ?? [] };
}
