/**
 * The GraphQL multipart request specification: a field `operations`, a field `map`, and the files it names. Read as a
 * stream, files straight onto the disk; `Request.formData()` would hold them in memory, and the event loop for 150 ms for
 * each 25 MB.
 *
 * @module
 */
import type { GraphQLParams } from "graphql-yoga";
import { bounded } from "./bounded_bytes.ts";
import { busy, serverError } from "./errors.ts";
import type { JsonReader } from "./json_reader.ts";
import type { Upload } from "../schema/upload.ts";
import type { Holdings } from "./holdings.ts";
import { type Part, readParts } from "./multipart_reader.ts";

export const MAX_FILES = 32;
const MAX_PATH_LENGTH = 16;

export interface MultipartOptions {
  /** Of the request: its files can be read until they are released. */
  readonly holdings: Holdings;
  readonly json: JsonReader;
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
 * @throws {GramcastError} STORAGE_FULL
 */
export async function readMultipart(
  contentType: string,
  body: AsyncIterable<Uint8Array<ArrayBuffer>>,
  options: MultipartOptions,
): Promise<GraphQLParams> {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) throw invalid("no boundary", "multipart/form-data");
  const fields = new Map<string, Variables>();
  const files = new Map<string, Upload>();
  for await (const part of readParts(body, boundary)) {
    if (fields.has(part.name) || files.has(part.name)) throw invalid("two parts of one name", "each part once");
    if (part.name === "operations" || part.name === "map") fields.set(part.name, await readField(part, options));
    else if (files.size === MAX_FILES) throw invalid(`more than ${MAX_FILES} files`, "at most that");
    else files.set(part.name, await readFile(part, options));
  }
  const operations = fields.get("operations");
  if (operations === undefined) throw invalid("no such field", "a JSON object", "operations");
  for (const [name, paths] of Object.entries(fields.get("map") ?? {})) place(operations, files, name, paths);
  return operations as GraphQLParams;
}

function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

async function readField(part: Part, { json, maxJsonBytes }: MultipartOptions): Promise<Variables> {
  const tooLong = () =>
    serverError("REQUEST_ENTITY_TOO_LARGE", `Cannot read ${part.name} of more than ${maxJsonBytes} bytes`, 413);
  let value: unknown;
  try {
    value = await json.read(await Array.fromAsync(bounded(part.pieces, maxJsonBytes, tooLong)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid("text that is not JSON", "a JSON object", part.name);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("JSON that is not an object", "a JSON object", part.name);
  }
  return value as Variables;
}

async function readFile(part: Part, { holdings, maxFileBytes }: MultipartOptions): Promise<Upload> {
  const tooLong = () =>
    serverError(
      "IMAGE_TOO_LARGE",
      `Cannot accept a file of more than ${maxFileBytes} bytes: wanted at most that`,
      413,
    );
  const { memory } = holdings;
  const file = await holdings.file();
  let begin: number | undefined;
  let size = 0;
  for await (const piece of bounded(part.pieces, maxFileBytes, tooLong)) {
    const at = await file.append(piece);
    if (at === false) throw busy();
    begin ??= at;
    size += piece.length;
    // As a part of the body it counted among what is in memory.
    memory.hold(Math.max(0, memory.held - piece.length));
  }
  return { size, bytes: () => file.read(begin ?? 0, size) };
}

/** Puts a file where the map says: at paths that exist in `operations` and hold null there. */
function place(operations: Variables, files: ReadonlyMap<string, Upload>, name: string, paths: unknown): void {
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
