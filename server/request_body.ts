import type { GraphQLParams, Plugin } from "graphql-yoga";
import { GraphQLError } from "graphql";
import { serverError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { readMultipart } from "./multipart.ts";

export interface BodyLimits {
  /** Bytes of a body that is not multipart. Parsing JSON holds the event loop, so this is not raised lightly. */
  readonly maxJsonBytes: number;
  /** Bytes of a multipart body, and of one file in it. */
  readonly maxMultipartBytes: number;
  readonly maxFileBytes: number;
}

/** What a request may say, and of which type; `documentId` stands for a `query` that the server knows. */
const PARAMETERS: Readonly<Record<string, "text" | "object">> = {
  query: "text",
  documentId: "text",
  operationName: "text",
  variables: "object",
  extensions: "object",
};

/** Reads the parameters of a request out of its URL or its body, which it bounds while it arrives. */
export function useRequestBodies(limits: BodyLimits): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === "GET") {
        setRequestParser((incoming) => wellFormed(readAddress(incoming)));
      } else if (request.method === "POST") {
        const [limit, read] = readerOf(request, limits);
        const announced = request.headers.get("content-length");
        if (announced !== null && !(Number(announced) <= limit)) throw tooLarge(limit);
        setRequestParser(async (incoming) => wellFormed(await unlessBroken(read(bounded(incoming, limit)))));
      }
    },
  };
}

type Reader = (request: Request) => Promise<unknown>;

/** How many bytes a body may have, and what reads it. @throws {GraphQLError} BAD_REQUEST for another type of content. */
function readerOf(request: Request, limits: BodyLimits): [limit: number, read: Reader] {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  switch (type) {
    case "application/json":
      return [limits.maxJsonBytes, async (incoming) => readJson("the request body", await incoming.text())];
    case "multipart/form-data":
      return [limits.maxMultipartBytes, (incoming) => readMultipart(incoming, limits)];
    default:
      throw serverError(
        "BAD_REQUEST",
        "Cannot read a body of this type: wanted application/json or multipart/form-data",
        415,
      );
  }
}

function readAddress(request: Request): unknown {
  const search = new URL(request.url).searchParams;
  const text = (name: string) => search.get(name) || undefined;
  const json = (name: string) => {
    const value = text(name);
    return value === undefined ? undefined : readJson(`the parameter ${name}`, value);
  };
  return Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, type]) => [name, type === "text" ? text(name) : json(name)]),
  );
}

function readJson(what: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof GraphQLError) throw error;
    throw malformed(what, "text that is not JSON", "JSON");
  }
}

/** @throws {GraphQLError} BAD_REQUEST unless `given` is what GraphQL over HTTP calls a request. */
function wellFormed(given: unknown): GraphQLParams {
  if (!isObject(given)) throw malformed("the request", "no JSON object", "a JSON object");
  for (const [name, value] of Object.entries(given)) {
    const type = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (value === null || value === undefined) continue;
    if (type === undefined) {
      throw malformed("the request", "a parameter that is unknown", Object.keys(PARAMETERS).join(", "));
    }
    if (type === "text" ? typeof value === "string" : isObject(value)) continue;
    throw malformed(`the parameter ${name}`, "a value of another type", type === "text" ? "a text" : "an object");
  }
  const { query, documentId, extensions } = given;
  const named = documentId ?? (isObject(extensions) ? extensions["persistedQuery"] : undefined);
  if (query === null || query === undefined) {
    if (named === null || named === undefined) throw malformed("the request", "no query", "query or documentId");
  }
  return given as GraphQLParams;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A body that breaks off, or is no UTF-8 or multipart, is its sender's fault. */
async function unlessBroken(reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof GraphQLError) throw error;
    throw malformed("the request body", "one that breaks off", "a whole one");
  }
}

/** The same request with a body that fails at more than `limit` bytes. */
function bounded(request: Request, limit: number): Request {
  if (!request.body) return request;
  let bytes = 0;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > limit) controller.error(tooLarge(limit));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { method, headers, signal } = request;
  return new Request(request.url, { method, headers, signal, body: counted });
}

function malformed(what: string, found: string, wanted: string): GraphQLError {
  return serverError("BAD_REQUEST", `Cannot read ${what}: found ${found}, wanted ${wanted}`);
}

function tooLarge(limit: number): GraphQLError {
  return serverError("REQUEST_ENTITY_TOO_LARGE", `Cannot read a request body of more than ${limit} bytes`, 413);
}
