/** Files that are small and would not be when they are read, and things that are no files. */
import assert from "node:assert/strict";
import h5wasm from "h5wasm";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { CONV_LAYERS } from "../engine/vgg16.ts";
import { FileSource, MemorySource } from "./formats/byte_source.ts";
import { readParameters } from "./read_parameters.ts";

/** Layers of which the bombs are made: 4.4 MB of zeros. */
const LAYERS = CONV_LAYERS.slice(0, 6);

async function assertRefused(name: string, bytes: Uint8Array, message: RegExp, dense = false): Promise<void> {
  assert.ok(bytes.length < 60_000, `${bytes.length} bytes`);
  await assert.rejects(readParameters(new MemorySource(name, bytes), { dense }), {
    code: "WEIGHTS_UNREADABLE",
    message,
  });
}

/** An .npy file of zeros. */
function npy(shape: readonly number[]): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`.padEnd(117) + "\n";
  const start = new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0]);
  const bytes = new Uint8Array(128 + 4 * shape.reduce((product, side) => product * side, 1));
  bytes.set(start);
  bytes.set(new TextEncoder().encode(header), 10);
  return bytes;
}

async function npz(arrays: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level: 9 });
  for (const [name, bytes] of Object.entries(arrays)) await zip.add(`${name}.npy`, new Uint8ArrayReader(bytes));
  return await zip.close();
}

interface ArrayOptions {
  readonly maxshape?: (number | null)[];
  readonly chunks?: number[];
  readonly compression?: number | "gzip";
  readonly compression_opts?: number | number[];
}

/** A .h5 of zeros. */
async function h5(arrays: Readonly<Record<string, number[]>>, options: ArrayOptions = {}): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  const path = `bomb${crypto.randomUUID()}.h5`;
  const file = new h5wasm.File(path, "w");
  for (const [name, shape] of Object.entries(arrays)) {
    const data = new Float32Array(shape.reduce((product, side) => product * side, 1));
    const chunks = options.chunks?.slice(4 - shape.length) ?? shape;
    const maxshape = options.maxshape?.slice(4 - shape.length) ?? null;
    file.create_dataset({ name, data, shape, dtype: "<f", ...options, chunks, maxshape });
  }
  file.close();
  const files = FS as unknown as { readFile(path: string): Uint8Array; unlink(path: string): void };
  const bytes = files.readFile(path).slice();
  files.unlink(path);
  return bytes;
}

const shapes = Object.fromEntries(LAYERS.flatMap(({ name, inChannels, outChannels }) => [
  [`${name}_W`, [3, 3, inChannels, outChannels]],
  [`${name}_b`, [outChannels]],
]));

Deno.test("an archive of some kilobytes that unpacks to megabytes is refused", async () => {
  const arrays = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, npy(shape)]));
  await assertRefused("bomb.npz", await npz(arrays), /: its \d+ bytes unpack to more than 64 times as many, wanted /);
});

Deno.test("an archive whose directory claims more than the file has is refused", async () => {
  const bytes = await npz({ conv1_1_W: npy([3, 3, 3, 64]), conv1_1_b: npy([64]) });
  // Compressed size of the first entry in the central directory.
  const at = bytes.findIndex((_, i) => i > 0 && new DataView(bytes.buffer, i).getUint32(0, true) === 0x02014b50);
  new DataView(bytes.buffer).setUint32(at + 20, 800_000_000, true);
  new DataView(bytes.buffer).setUint32(at + 24, 822_083_584, true);
  await assertRefused("bomb.npz", bytes, /conv1_1_W\.npy claims 800000000 bytes of it, wanted what it has$/);
});

Deno.test("HDF5 that unpacks to megabytes, or whose chunks are larger than its arrays, is refused", async () => {
  const packed = { compression: "gzip", compression_opts: 9 } as const;
  await assertRefused("bomb.h5", await h5(shapes, packed), /unpack to more than 64 times as many/);
  const one = { conv1_1_W: [3, 3, 3, 64], conv1_1_b: [64] };
  const chunks = [3, 3, 3, 100_000];
  await assertRefused(
    "bomb.h5",
    await h5(one, { ...packed, chunks, maxshape: [3, 3, 3, null] }),
    /conv1_1_[Wb] has chunks of \d+ elements, wanted \[/,
  );
});

Deno.test("what is no regular file is refused before it is opened", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const pipe = `${directory}/pipe.npy`;
    const { success } = await new Deno.Command("mkfifo", { args: [pipe] }).output();
    assert.ok(success);
    for (const path of [pipe, directory, "/dev/zero"]) {
      assert.throws(() => new FileSource(path), {
        code: "WEIGHTS_UNREADABLE",
        message: /: it is not a regular file, wanted a file$/,
      });
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
