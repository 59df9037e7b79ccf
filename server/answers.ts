/**
 * GraphQL over HTTP, edition of September 2026: which media type an operation is answered in, and with which status.
 *
 * @module
 */
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import type { ExecutionResult, GraphQLError } from "graphql";
import { maskError, serverError } from "./errors.ts";
import { EVENT_STREAM_HEADERS, eventStream, type Results, shown } from "./event_stream.ts";
import type { Holdings } from "./holdings.ts";
import { jsonPieces } from "./json_pieces.ts";
import { acceptable, type MediaType } from "./media_types.ts";
import type { RequestContext } from "./request_body.ts";
import { spoolText } from "./spooled_text.ts";

const GRAPHQL_TYPE = "application/graphql-response+json";
const EVENT_STREAM: MediaType = "text/event-stream";

const OK = 200;
const PARTIAL_SUCCESS = 294;
const BAD_REQUEST = 400;
const UNPROCESSABLE = 422;
const INTERNAL = 500;

/** Statuses of a request that is one, but whose operation is at fault. */
const OF_OPERATION: readonly number[] = [BAD_REQUEST, UNPROCESSABLE];

/**
 * Refuses with 406 what could not be answered, before anything of it is read or executed, and answers the rest in the
 * type that is most welcome.
 */
export function useAnswers(): Plugin<object, RequestContext> {
  /** Requests that are well formed, whatever becomes of their operation. */
  const wellFormed = new WeakSet<Request>();
  return {
    onRequestParse({ request }) {
      if (welcome(request).length === 0) throw notAcceptable("any of application/json, " + GRAPHQL_TYPE, EVENT_STREAM);
    },
    onParams({ request }) {
      wellFormed.add(request);
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      // A WebSocket has none.
      const { request } = args.contextValue as { request?: Request };
      if (!request || welcome(request).includes(EVENT_STREAM)) return;
      setResultAndStopExecution({ errors: [notAcceptable("a WebSocket", EVENT_STREAM)] });
    },
    onResultProcess({ request, serverContext, setResultProcessor }) {
      setResultProcessor(
        (result) => answer(result as Results, welcome(request), wellFormed.has(request), serverContext),
        "",
      );
    },
  };
}

function welcome(request: Request): readonly MediaType[] {
  return acceptable(request.headers.get("accept"));
}

function notAcceptable(...types: string[]): GraphQLError {
  const message = `Cannot answer in an accepted media type: wanted ${types.join(" or ")}`;
  return serverError("BAD_REQUEST", message, 406);
}

async function answer(
  results: Results,
  welcome: readonly MediaType[],
  wellFormed: boolean,
  context: RequestContext,
): Promise<Response> {
  const preferred = isAsyncIterable(results) ? EVENT_STREAM : welcome[0] ?? "application/json";
  const status = isAsyncIterable(results) ? OK : statusOf(results, preferred, wellFormed);
  if (preferred === EVENT_STREAM && status === OK) {
    return new Response(eventStream(results, context.holdings, context.session.ended), {
      headers: { ...EVENT_STREAM_HEADERS, vary: "accept" },
    });
  }
  const type = preferred === EVENT_STREAM ? "application/json" : preferred;
  const result = results as ExecutionResult;
  let body: BodyInit;
  try {
    body = await bodyOf(result, context.holdings);
  } catch (error) {
    return await answer({ errors: [maskError(error)] }, welcome, wellFormed, context);
  }
  return new Response(body, {
    status,
    headers: {
      ...Object.assign({}, ...(result.errors ?? []).map((error) => httpOf(error).headers ?? {})),
      "content-type": `${type}; charset=utf-8`,
      // It belongs to whoever asked, and may be another a moment later.
      "cache-control": "no-store",
      "vary": "accept",
    },
  });
}

/** A result as JSON. @throws What `spoolText` throws. */
async function bodyOf(result: ExecutionResult, holdings: Holdings): Promise<BodyInit> {
  const text = await spoolText(jsonPieces(shown(result)), holdings);
  return typeof text === "string" ? text : ReadableStream.from(text);
}

/** The status of an answer, by its content and its media type. */
function statusOf({ data, errors = [] }: ExecutionResult, type: MediaType, wellFormed: boolean): number {
  if (data !== undefined) return errors.length > 0 && type === GRAPHQL_TYPE ? PARTIAL_SUCCESS : OK;
  const status = Math.max(BAD_REQUEST, ...errors.map(statusOfError));
  // Only `application/graphql-response+json` says for certain that an answer of another status comes from here.
  return type !== GRAPHQL_TYPE && wellFormed && OF_OPERATION.includes(status) ? OK : status;
}

function statusOfError(error: GraphQLError): number {
  switch (error.extensions["code"]) {
    case "GRAPHQL_VALIDATION_FAILED":
      return UNPROCESSABLE;
    case "INTERNAL":
      return INTERNAL;
    default:
      return httpOf(error).status ?? BAD_REQUEST;
  }
}

interface HttpExtension {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a plugin wants the answer to an error to be like. */
function httpOf(error: GraphQLError): HttpExtension {
  return (error.extensions?.["http"] ?? {}) as HttpExtension;
}
