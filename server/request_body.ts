import type { Session } from "../access/access.ts";
import type { GraphQLParams, Plugin } from "graphql-yoga";
import { GraphQLError } from "graphql";
import { GramcastError } from "../errors.ts";
import { bounded } from "./bounded_bytes.ts";
import { serverError } from "./errors.ts";
import type { Holdings } from "./holdings.ts";
import { parseJson } from "./json.ts";
import { JsonReader } from "./json_reader.ts";
import type { Visit } from "./visit.ts";
import { readMultipart } from "./multipart.ts";

export interface BodyLimits {
  /** Bytes of a body that is not multipart. */
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

/** What is known of a request beside what it says. */
export interface RequestContext {
  readonly holdings: Holdings;
  readonly session: Session;
  readonly visit: Visit;
}

/** Reads the parameters of a request out of its URL or its body, which it bounds while it arrives. */
export function useRequestBodies(limits: BodyLimits): Plugin<object, RequestContext> {
  const json = new JsonReader();
  return {
    onRequestParse({ request, serverContext: { holdings, visit }, setRequestParser }) {
      if (request.method === "GET") {
        setRequestParser((incoming) => wellFormed(readAddress(incoming)));
      } else if (request.method === "POST") {
        const { limit, read } = readerOf(request, limits, json);
        const announced = request.headers.get("content-length");
        if (announced !== null && !(Number(announced) <= limit)) throw tooLarge(limit);
        const counted = (body: Body | null) => announced === null ? metered(body ?? [], visit) : body ?? [];
        setRequestParser(async ({ body }) => {
          return wellFormed(
            await unlessBroken(read(bounded(counted(body as Body | null), limit, () => tooLarge(limit)), holdings)),
          );
        });
      }
    },
    onDispose: () => json.close(),
  };
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;
type Pieces = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Counts what comes. */
async function* metered(body: Body | Iterable<Uint8Array<ArrayBuffer>>, visit: Visit): Pieces {
  for await (const piece of body) {
    visit.take("bytes", piece.byteLength);
    yield piece;
  }
}

interface BodyReader {
  /** Bytes that a body may have. */
  readonly limit: number;
  read(body: Pieces, holdings: Holdings): Promise<unknown>;
}

/** @throws {GraphQLError} BAD_REQUEST for another type of content. */
function readerOf(request: Request, limits: BodyLimits, json: JsonReader): BodyReader {
  const contentType = request.headers.get("content-type") ?? "";
  switch (contentType.split(";")[0]!.trim().toLowerCase()) {
    case "application/json":
      return {
        limit: limits.maxJsonBytes,
        read: async (body) => await unlessSyntax("the request body", json.read(await Array.fromAsync(body))),
      };
    case "multipart/form-data":
      return {
        limit: limits.maxMultipartBytes,
        read: (body, holdings) => readMultipart(contentType, body, { holdings, json, ...limits }),
      };
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
    return value === undefined ? undefined : parseParameter(name, value);
  };
  return Object.fromEntries(
    Object.entries(PARAMETERS).map(([name, type]) => [name, type === "text" ? text(name) : json(name)]),
  );
}

function parseParameter(name: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw error instanceof GraphQLError ? error : noJson(`the parameter ${name}`);
  }
}

async function unlessSyntax(what: string, reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof SyntaxError ? noJson(what) : error;
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
    if (error instanceof GraphQLError || error instanceof GramcastError) throw error;
    throw malformed("the request body", "one that breaks off", "a whole one");
  }
}

function noJson(what: string): GraphQLError {
  return malformed(what, "text that is not JSON", "JSON");
}

function malformed(what: string, found: string, wanted: string): GraphQLError {
  return serverError("BAD_REQUEST", `Cannot read ${what}: found ${found}, wanted ${wanted}`);
}

function tooLarge(limit: number): GraphQLError {
  return serverError("REQUEST_ENTITY_TOO_LARGE", `Cannot read a request body of more than ${limit} bytes`, 413);
}
