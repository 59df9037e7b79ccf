import type { Plugin } from "graphql-yoga";
import { getOperationAST } from "graphql";
import type { ListenerHandlers } from "./listener.ts";

/** What a request asks for: one of few, whoever asks. */
export type Operation =
  | "query"
  | "mutation"
  | "subscription"
  /** Of `/graphql`, but no operation that could be carried out. */
  | "graphql"
  | "picture"
  /** `/health`, `/ready` and `/metrics`. */
  | "probe"
  | "page";

/** A request whose answer has begun. */
export interface AnsweredRequest {
  readonly method: string;
  /** Of the address, from the root on, with neither query nor fragment. */
  readonly path: string;
  readonly operation: Operation;
  readonly status: number;
  /** From the request's headers to the beginning of the answer. */
  readonly seconds: number;
}

/** Hears of requests. It must neither wait nor throw. */
export interface RequestObserver {
  answered(request: AnsweredRequest): void;
}

const PROBES = ["/health", "/ready", "/metrics"];

/** Which operation a request of `/graphql` carries out. */
const operations = new WeakMap<Request, Operation>();

/** Takes note of the operations of requests. */
export function useOperationNotes(): Plugin {
  const note = (args: Parameters<typeof noteOperation>[0]) => noteOperation(args);
  return {
    onExecute: ({ args }) => note(args),
    onSubscribe: ({ args }) => note(args),
  };
}

function noteOperation({ document, operationName, contextValue }: {
  readonly document: Parameters<typeof getOperationAST>[0];
  readonly operationName?: string | null | undefined;
  readonly contextValue?: unknown;
}): void {
  // A WebSocket has none.
  const { request } = contextValue as { request?: Request };
  const operation = getOperationAST(document, operationName)?.operation;
  if (request && operation) operations.set(request, operation);
}

/** What a request that has been answered has asked for. */
export function operationOf(request: Request, path: string): Operation {
  if (path === "/graphql") return operations.get(request) ?? "graphql";
  if (PROBES.includes(path)) return "probe";
  return /^\/(images|transfers)\//.test(path) ? "picture" : "page";
}

/** Handlers whose answers observers hear of. */
export function observed(handlers: ListenerHandlers, observers: readonly RequestObserver[]): ListenerHandlers {
  return {
    ...handlers,
    async request(request, holdings, client) {
      const begun = performance.now();
      const response = await handlers.request(request, holdings, client);
      const { method, url } = request;
      const path = new URL(url).pathname;
      const operation = operationOf(request, path);
      const seconds = (performance.now() - begun) / 1000;
      const answered = { method, path, operation, status: response.status, seconds };
      for (const observer of observers) observer.answered(answered);
      return response;
    },
  };
}
