/**
 * NumPy's .npz: a zip archive with one .npy per array, stored or deflated.
 *
 * @module
 */
import { type Entry, type FileEntry, Reader, Writer, ZipReader } from "@zip.js/zip.js";
import { GramcastError } from "../../errors.ts";
import type { TensorFile } from "../assemble.ts";
import { type ByteSource, MemorySource, readBytes, unreadable } from "./byte_source.ts";
import { readNpyTensor } from "./npy.ts";
import type { StoredTensor } from "./tensor.ts";
import { roleOf } from "./layer_names.ts";

/** Enough for any .npy header of an array with at most 4 axes. */
const HEADER_BYTES = 4096 + 12;
/** fc6 as float64 takes 822 MB; nothing of VGG16 is larger. */
const MAX_ENTRY_BYTES = 1e9;
const MAX_ENTRIES = 1000;

/** Lists an archive's arrays; each is read, and inflated, when it is asked for. */
export async function readNpz(source: ByteSource): Promise<TensorFile> {
  const tensors = new Map<string, StoredTensor>();
  for (const entry of await listEntries(source)) {
    const name = entry.filename.replace(/\.npy$/, "");
    if (entry.directory || name === entry.filename || !roleOf(name)) continue;
    if (entry.encrypted) throw unreadable(source.name, `${name} is encrypted`, "plain arrays");
    if (!(entry.uncompressedSize <= MAX_ENTRY_BYTES)) {
      throw unreadable(source.name, `${name} claims ${entry.uncompressedSize} bytes`, `at most ${MAX_ENTRY_BYTES}`);
    }
    const head = await extract(source, entry, Math.min(HEADER_BYTES, entry.uncompressedSize));
    // Only the header is there yet, but the array's size is that of the whole entry.
    const { shape } = readNpyTensor(withSize(head, entry.uncompressedSize), name);
    tensors.set(name, {
      shape,
      read: async () => await readNpyTensor(await extract(source, entry, entry.uncompressedSize), name).read(),
    });
  }
  return { tensors };
}

async function listEntries(source: ByteSource): Promise<Entry[]> {
  return await guarded(source, async () => {
    const zip = new ZipReader(new SourceReader(source), { useWebWorkers: false });
    const entries: Entry[] = [];
    for await (const entry of zip.getEntriesGenerator()) {
      if (entries.push(entry) > MAX_ENTRIES) {
        throw unreadable(source.name, "it has too many entries", "26 or 32 arrays");
      }
    }
    return entries;
  });
}

/** The first `length` bytes of an entry's content. */
async function extract(source: ByteSource, entry: FileEntry, length: number): Promise<ByteSource> {
  if (!(entry.compressedSize <= source.size)) {
    throw unreadable(source.name, `${entry.filename} claims ${entry.compressedSize} bytes of it`, "what it has");
  }
  // An array cannot be 1000 times smaller than what it unfolds to: deflate's limit is 1032.
  if (entry.uncompressedSize > 1100 * (entry.compressedSize + 64)) {
    throw unreadable(source.name, `${entry.filename} claims ${entry.uncompressedSize} bytes`, "what deflate can hold");
  }
  const writer = new PrefixWriter(length);
  await guarded(source, async () => {
    try {
      await entry.getData(writer, { useWebWorkers: false, checkSignature: length === entry.uncompressedSize });
    } catch (error) {
      // The library wraps what its streams throw, so the writer tells whether it was the one to end it.
      if (!writer.hasEnough) throw error;
    }
  });
  if (writer.filled < length) {
    throw unreadable(source.name, `${entry.filename} ends at byte ${writer.filled}`, `${length} bytes`);
  }
  return new MemorySource(source.name, writer.bytes);
}

/** Runs something of the zip library; what it says of a broken archive becomes an error of ours. */
async function guarded<T>(source: ByteSource, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof GramcastError) throw error;
    const reason = error instanceof Error ? error.message.split("\n")[0]!.slice(0, 80) : "something failed";
    throw unreadable(source.name, `its archive is broken (${reason})`, "a zip archive of .npy files", error);
  }
}

function withSize(head: ByteSource, size: number): ByteSource {
  return { name: head.name, size, readInto: (offset, target) => head.readInto(offset, target) };
}

class SourceReader extends Reader<ByteSource> {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super(source);
    this.#source = source;
    this.size = source.size;
  }

  override readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const available = Math.max(0, Math.min(length, this.#source.size - index));
    return Promise.resolve(readBytes(this.#source, index, available));
  }
}

/** Keeps the first bytes and ends the extraction there. */
class PrefixWriter extends Writer<Uint8Array> {
  readonly bytes: Uint8Array;
  filled = 0;
  hasEnough = false;

  constructor(length: number) {
    super();
    this.bytes = new Uint8Array(length);
  }

  override writeUint8Array(chunk: Uint8Array): Promise<void> {
    const room = this.bytes.length - this.filled;
    this.bytes.set(chunk.subarray(0, room), this.filled);
    this.filled += Math.min(room, chunk.length);
    this.hasEnough = chunk.length > room;
    return this.hasEnough ? Promise.reject(new Error("enough")) : Promise.resolve();
  }

  override getData(): Promise<Uint8Array> {
    return Promise.resolve(this.bytes);
  }
}
