/**
 * The GraphQL multipart request specification: a field `operations`, a field `map`, and the files it names. Read as a
 * stream; `Request.formData()` would hold the event loop for 150 ms for each 25 MB.
 *
 * @module
 */
import { GraphQLError } from "graphql";
import type { GraphQLParams } from "graphql-yoga";
import { serverError } from "./errors.ts";
import { parseJson } from "./json.ts";
import { type Part, readParts } from "./multipart_reader.ts";

export const MAX_FILES = 32;
const MAX_PATH_LENGTH = 16;

export interface MultipartLimits {
  /** Bytes of the operations, as of a JSON body, and of the map. */
  readonly maxJsonBytes: number;
  /** Bytes of one file. */
  readonly maxFileBytes: number;
}

type Variables = { [key: string]: unknown };

/**
 * Reads a multipart request into GraphQL parameters with files at their places.
 *
 * @throws {GraphQLError} BAD_REQUEST when it breaks the specification, IMAGE_TOO_LARGE for too large a file.
 */
export async function readMultipart(request: Request, limits: MultipartLimits): Promise<GraphQLParams> {
  const boundary = boundaryOf(request.headers.get("content-type") ?? "");
  if (!request.body || boundary === undefined) throw invalid("no body or no boundary", "multipart/form-data");
  const fields = new Map<string, string>();
  const files = new Map<string, Blob>();
  for await (const part of readParts(request.body, boundary)) {
    if (fields.has(part.name) || files.has(part.name)) throw invalid("two parts of one name", "each part once");
    if (part.name === "operations" || part.name === "map") fields.set(part.name, await readField(part, limits));
    else if (files.size === MAX_FILES) throw invalid(`more than ${MAX_FILES} files`, "at most that");
    else files.set(part.name, await readFile(part, limits.maxFileBytes));
  }
  const operations = parseObject("operations", fields.get("operations"));
  const map = parseObject("map", fields.get("map") ?? "{}");
  for (const [name, paths] of Object.entries(map)) place(operations, files, name, paths);
  return operations as GraphQLParams;
}

function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

async function readField(part: Part, { maxJsonBytes }: MultipartLimits): Promise<string> {
  const field = await collect(
    part,
    maxJsonBytes,
    () => serverError("REQUEST_ENTITY_TOO_LARGE", `Cannot read ${part.name} of more than ${maxJsonBytes} bytes`, 413),
  );
  return await field.text();
}

async function readFile(part: Part, maxBytes: number): Promise<Blob> {
  return await collect(
    part,
    maxBytes,
    () =>
      serverError("IMAGE_TOO_LARGE", `Cannot accept a file of more than ${maxBytes} bytes: wanted at most that`, 413),
  );
}

async function collect(part: Part, maxBytes: number, tooLarge: () => Error): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const piece of part.pieces) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge();
    pieces.push(piece);
  }
  return new Blob(pieces);
}

function parseObject(field: string, text: string | undefined): Variables {
  if (text === undefined) throw invalid("no such field", "a JSON object", field);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    if (error instanceof GraphQLError) throw error;
    throw invalid("text that is not JSON", "a JSON object", field);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("JSON that is not an object", "a JSON object", field);
  }
  return value as Variables;
}

/** Puts a file where the map says: at paths that exist in `operations` and hold null there. */
function place(operations: Variables, files: ReadonlyMap<string, Blob>, name: string, paths: unknown): void {
  const file = files.get(name);
  if (!file) throw invalid("the name of a file that was not sent", "names of file parts", "map");
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string")) {
    throw invalid("an entry that is no list of paths", "lists of paths", "map");
  }
  for (const path of paths) {
    const keys = path.split(".", MAX_PATH_LENGTH + 1);
    const last = keys.pop();
    if (keys[0] !== "variables" || keys.length >= MAX_PATH_LENGTH) {
      throw invalid("a path outside the variables", "paths as variables.image.upload", "map");
    }
    const holder = keys.reduce<unknown>((value, key) => member(value, key), operations);
    if (last === undefined || member(holder, last) !== null) {
      throw invalid("a path at which operations does not hold null", "paths to null", "map");
    }
    (holder as Variables)[last] = file;
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Variables)[key]
    : undefined;
}

function invalid(found: string, wanted: string, field?: string) {
  const what = field === undefined ? "multipart request" : `multipart field ${field}`;
  return serverError("BAD_REQUEST", `Cannot read ${what}: found ${found}, wanted ${wanted}`);
}
