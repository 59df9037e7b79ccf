/**
 * Keras' .h5 (HDF5), read by the HDF5 library itself, compiled to WebAssembly, from the file by position.
 *
 * @module
 */
import h5wasm, { Dataset, File, Group } from "h5wasm";
import { GramcastError } from "../../errors.ts";
import type { TensorFile } from "../assemble.ts";
import { type ByteSource, readBytes, unreadable } from "./byte_source.ts";
import { roleOf } from "./layer_names.ts";
import { elementCount, type StoredTensor } from "./tensor.ts";

/** Keras' files have two or three levels of groups. */
const MAX_DEPTH = 5;
const MAX_OBJECTS = 2000;
/** Elements of a chunk that may be larger than its array. */
const MAX_SPARE_CHUNK = 2 ** 16;
/** HDF5's filters that change no length: shuffle and Fletcher's checksum. */
const HARMLESS_FILTERS: ReadonlySet<number> = new Set([2, 3]);

/** What the virtual file system of the WebAssembly module needs for a file of ours; its own types leave it open. */
interface VirtualFile {
  node_ops: { getattr: (node: VirtualFile) => Record<string, unknown> };
  stream_ops: Record<string, unknown>;
}
interface VirtualFileSystem {
  createFile(parent: string, name: string, properties: object, canRead: boolean, canWrite: boolean): VirtualFile;
  unlink(path: string): void;
}

let opened = 0;

/** An open .h5; dispose of it before its source. */
export class H5File implements TensorFile, Disposable {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly #close: () => void;

  private constructor(tensors: ReadonlyMap<string, StoredTensor>, close: () => void) {
    this.tensors = tensors;
    this.#close = close;
  }

  /** @throws {GramcastError} WEIGHTS_UNREADABLE */
  static async open(source: ByteSource): Promise<H5File> {
    const { FS, activate_throwing_error_handler: throwErrors } = await h5wasm.ready;
    // Otherwise the library prints what is wrong with a file instead of saying it.
    throwErrors();
    const files = FS as unknown as VirtualFileSystem;
    const path = `weights${opened++}.h5`;
    mount(files, path, source);
    let file: File | undefined;
    const close = () => {
      file?.close();
      files.unlink(`/${path}`);
    };
    try {
      return guarded(source, () => {
        file = new File(`/${path}`, "r");
        const tensors = new Map<string, StoredTensor>();
        collect(source, file, "", 0, tensors, { left: MAX_OBJECTS });
        return new H5File(tensors, close);
      });
    } catch (error) {
      close();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#close();
  }
}

/** Lets the library read the source as if it were a file in its own file system. */
function mount(files: VirtualFileSystem, path: string, source: ByteSource): void {
  const node = files.createFile("/", path, {}, true, false);
  const { getattr } = node.node_ops;
  node.node_ops = { ...node.node_ops, getattr: (of) => ({ ...getattr(of), size: source.size }) };
  const read = (_stream: unknown, heap: Int8Array, offset: number, length: number, position: number): number => {
    const available = Math.max(0, Math.min(length, source.size - position));
    heap.set(readBytes(source, position, available), offset);
    return available;
  };
  node.stream_ops = { ...node.stream_ops, read };
}

function collect(
  source: ByteSource,
  group: Group,
  path: string,
  depth: number,
  tensors: Map<string, StoredTensor>,
  budget: { left: number },
): void {
  if (depth > MAX_DEPTH) return;
  for (const key of group.keys()) {
    if (budget.left-- === 0) {
      throw unreadable(source.name, `it holds more than ${MAX_OBJECTS} objects`, "VGG16's layers");
    }
    const name = path === "" ? key : `${path}/${key}`;
    const member = group.get(key);
    if (member instanceof Group) collect(source, member, name, depth + 1, tensors, budget);
    else if (member instanceof Dataset && roleOf(name)) tensors.set(name, storedTensor(source, name, member));
  }
}

function storedTensor(source: ByteSource, name: string, dataset: Dataset): StoredTensor {
  const shape = dataset.shape?.map(Number);
  if (!shape) throw unreadable(source.name, `${name} has no shape`, "an array");
  // The library unpacks whole chunks, whatever the size of the array, and one filter after another.
  const { chunks } = dataset.metadata;
  if (chunks && elementCount(chunks.map(Number)) > Math.max(elementCount(shape), MAX_SPARE_CHUNK)) {
    throw unreadable(source.name, `${name} has chunks of ${elementCount(chunks.map(Number))} elements`, `[${shape}]`);
  }
  const packings = dataset.filters.filter(({ id }) => !HARMLESS_FILTERS.has(id));
  if (packings.length > 1) throw unreadable(source.name, `${name} is packed ${packings.length} times`, "once");
  const { dtype } = dataset;
  if (typeof dtype !== "string" || !/^[<>=]?[efd]$/.test(dtype)) {
    throw unreadable(source.name, `${name} has elements of type ${String(dtype).slice(0, 20)}`, "floating point");
  }
  return {
    shape,
    // deno-lint-ignore require-await -- what the library throws becomes a rejection
    read: async () =>
      guarded(source, () => {
        const { value } = dataset;
        if (!ArrayBuffer.isView(value) || value instanceof DataView || value.length !== elementCount(shape)) {
          throw unreadable(source.name, `${name} holds no numbers`, `${elementCount(shape)} of them`);
        }
        return value instanceof Float32Array ? value : Float32Array.from(value as Float64Array, Number);
      }),
  };
}

/** Runs something of the library; what it says of a broken file becomes an error of ours. */
function guarded<T>(source: ByteSource, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof GramcastError) throw error;
    const reason = error instanceof Error ? error.message.split("\n")[0]!.slice(0, 80) : "something failed";
    throw unreadable(source.name, `its HDF5 is broken (${reason})`, "Keras' format", error);
  }
}
