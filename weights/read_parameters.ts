/**
 * Parameters from bytes of any format that VGG16 is handed around in.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { assemble, type AssembledWeights, type TensorFile } from "./assemble.ts";
import { type ByteSource, latin1, readBytes, unreadable } from "./formats/byte_source.ts";
import { readNpy } from "./formats/npy.ts";
import { readSafetensors } from "./formats/safetensors.ts";

export interface LoadOptions {
  /** Load fc6–fc8 too: 495 MB that only `classify` needs. Otherwise they are only listed. */
  readonly dense?: boolean;
}

/** VGG16 as float64, every byte of it written as four characters, takes 4.4 GB. */
const MAX_FILE_BYTES = 8e9;
const HASH_CHUNK_BYTES = 8 << 20;

/**
 * Reads the parameters. The format is told from the first bytes, not from a name.
 *
 * @throws {GramcastError} WEIGHTS_UNREADABLE naming file, layer, what was found and what was wanted.
 */
export async function readParameters(source: ByteSource, options: LoadOptions = {}): Promise<AssembledWeights> {
  const dense = options.dense ?? false;
  if (source.size > MAX_FILE_BYTES) {
    throw unreadable(source.name, `it has ${source.size} bytes`, `at most ${MAX_FILE_BYTES}`);
  }
  const head = latin1(readBytes(source, 0, Math.min(16, source.size)));
  if (head.startsWith("\x89HDF\r\n\x1a\n")) {
    // 4 MB of WebAssembly, loaded only for those who need it.
    const { H5File } = await import("./formats/h5.ts");
    using file = await H5File.open(source);
    return await assemble(source, file, dense);
  }
  return await assemble(source, await openFlat(source, head), dense);
}

async function openFlat(source: ByteSource, head: string): Promise<TensorFile> {
  if (head.startsWith("\x93NUMPY")) return readNpy(source);
  if (head.startsWith("PK")) return await (await import("./formats/npz.ts")).readNpz(source);
  if (head[8] === "{") return readSafetensors(source);
  throw unreadable(source.name, "its first bytes are of no known format", ".npy, .npz, .h5 or .safetensors");
}

/** SHA-256 of a whole source in hexadecimal, read in pieces, with a pause for others after each. */
export async function hashSource(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  for (let offset = 0; offset < source.size; offset += HASH_CHUNK_BYTES) {
    hash.update(readBytes(source, offset, Math.min(HASH_CHUNK_BYTES, source.size - offset)));
    await new Promise((done) => setTimeout(done));
  }
  return hash.digest("hex");
}
