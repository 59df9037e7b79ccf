import { NO_RATES, type RatePolicy, Rates } from "../../access/rates.ts";
import { PICTURES } from "../../schema/testing/execute.ts";
import { ApiStage, type ApiStageOptions } from "../../schema/testing/api_stage.ts";
import { lineLog } from "../../transfers/log.ts";
import { observeAll } from "../../transfers/observer.ts";
import { Metrics } from "../metrics.ts";
import { type RunningServer, type ServerOptions, startServer } from "../server.ts";

/** A server over the real services with a fake engine, on a port of its own. */
export interface FakeServer extends AsyncDisposable {
  readonly url: string;
  readonly services: ApiStage;
  readonly server: RunningServer;
  /** Lines that the server has logged. */
  readonly log: string[];
  /** Sends an operation as JSON. */
  post(query: string, variables?: unknown, headers?: HeadersInit): Promise<Answer>;
  /** Starts a transfer of samples with these options, and answers its id. */
  start(options: object, headers?: HeadersInit): Promise<string>;
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

const START = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";

/** Starts a server that a test can talk to. */
export async function serveFake(
  options: Partial<ServerOptions> = {},
  { rates, ...stage }: ApiStageOptions & { readonly rates?: Partial<RatePolicy> } = {},
): Promise<FakeServer> {
  const metrics = new Metrics();
  const ports = { observer: observeAll([metrics]), ...stage.ports };
  const services = await ApiStage.open({
    ...stage,
    ports,
    config: { publicUrl: options.publicUrl ?? null, ...stage.config },
  });
  const log: string[] = [];
  const add = (message: string) => void log.push(message);
  const bounded = { rates: new Rates({ ...NO_RATES, ...rates }, services.clock) };
  const settings = { host: "127.0.0.1", port: 0, corsOrigins: [], metrics, ...bounded, ...options };
  const server = await startServer(services, settings, lineLog(add, add));
  const post: FakeServer["post"] = async (query, variables, headers = {}) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return await answerOf(response);
  };
  return {
    url: server.url,
    services,
    server,
    log,
    post,
    start: async (options, headers) => {
      const { data } = await post(START, { input: { ...PICTURES, ...options } }, headers);
      return data.startTransfer.transfer.id;
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await services[Symbol.asyncDispose]();
    },
  };
}

/** Reads a response of /graphql. */
export async function answerOf(response: Response): Promise<Answer> {
  const { data, errors } = await response.json();
  return { status: response.status, data, errors: errors ?? [] };
}
