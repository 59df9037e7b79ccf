/**
 * Files that a stranger might give as `WEIGHTS`: damaged ones of every format, and ones that claim what they do not have.
 * Each has to give weights or an error of ours, in one line, and never more memory than it could have filled itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../../errors.ts";
import { MemorySource } from "../../weights/formats/byte_source.ts";
import { readParameters } from "../../weights/read_parameters.ts";
import { fixturePath, lowestLayers } from "../../weights/testing/small_weights.ts";
import { writeSafetensors } from "../../weights/testing/write_safetensors.ts";
import { joined } from "./bytes.ts";
import { damaged } from "./damage.ts";

const FIXTURES = [
  "python2_protocol0.npy",
  "python2_protocol2.npy",
  "python3_protocol4.npy",
  "deflated.npz",
  "stored.npz",
  "keras.h5",
  "keras_newer.h5",
];
/** Headers, opcodes and directories are where damage matters; most of a file is numbers, where it does not. */
const EDGE_BYTES = 600;

interface WeightsFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Reads `count` files made from `seed`. @throws For the first that gives anything but weights or an error of ours. */
export async function fuzzWeights(seed: number, count: number): Promise<void> {
  const whole: WeightsFile[] = FIXTURES.map((name) => ({ name, bytes: Deno.readFileSync(fixturePath(name)) }));
  whole.push({ name: "own.safetensors", bytes: writeSafetensors(lowestLayers(1), { input_mean: "1,2,3" }) });
  const file = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...whole).chain(damagedWeights) },
    { weight: 1, arbitrary: claimingSafetensors() },
    { weight: 1, arbitrary: claimingNpy() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => ({ name: "noise", bytes })) },
  );
  await fc.assert(fc.asyncProperty(file, read), { seed, numRuns: count });
}

function damagedWeights({ name, bytes }: WeightsFile): fc.Arbitrary<WeightsFile> {
  return damaged(bytes, { head: EDGE_BYTES, tail: EDGE_BYTES }).map((bytes) => ({ name, bytes }));
}

async function read({ name, bytes }: WeightsFile): Promise<void> {
  try {
    const { parameters, layers } = await readParameters(new MemorySource(name, bytes), { dense: true });
    assert.ok(layers.length > 0);
    for (const { kernel, bias } of parameters.convs.values()) {
      assert.ok(kernel.every(Number.isFinite) && bias.every(Number.isFinite));
    }
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    assert.equal(error.code, "WEIGHTS_UNREADABLE");
    assert.match(error.message, /^Cannot read weights [^\n]*, wanted [^\n]*$/);
    assert.ok(error.message.length < 400, `${error.message.length} characters`);
  }
}

const SHAPES = [[3, 3, 3, 64], [64], [64, 3, 3, 3], [25088, 4096], [4096], [0], [], [2 ** 31, 2 ** 31], [
  3,
  3,
  -1,
  1e300,
]];
const NAMES = ["conv1_1", "conv1_2", "fc6", "features.0", "block1_conv1"];

/** A header in order that claims arrays which the file does not have. */
function claimingSafetensors(): fc.Arbitrary<WeightsFile> {
  const entry = fc.record({
    dtype: fc.constantFrom<unknown>("F32", "F64", "F16", "BF16", "I8", "X", null, 7),
    shape: fc.constantFrom<unknown>(...SHAPES, null, "3"),
    data_offsets: fc.oneof(
      fc.tuple(fc.integer(), fc.integer()),
      fc.constantFrom<unknown>([0, 7168], [0, 2 ** 53], null),
    ),
  }, { requiredKeys: [] });
  const name = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(".weight", ".bias", ".scale", "")).map((of) =>
    of.join("")
  );
  return fc.tuple(fc.dictionary(name, entry), fc.nat(9000)).map(([header, padding]) => {
    const json = new TextEncoder().encode(JSON.stringify(header));
    const head = new Uint8Array(8);
    new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true);
    return { name: "claims.safetensors", bytes: joined(head, json, new Uint8Array(padding)) };
  });
}

/** An .npy header in order before whatever bytes. */
function claimingNpy(): fc.Arbitrary<WeightsFile> {
  const descr = fc.constantFrom("|O", "O", "<f4", ">f8", "|S1", "<U9");
  return fc.tuple(descr, fc.boolean(), fc.constantFrom(...SHAPES), fc.uint8Array({ maxLength: 300 }), fc.nat(65_535))
    .map(
      ([descr, fortran, shape, body, length]) => {
        const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${shape}), }\n`;
        const head = new Uint8Array([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 0, 0]);
        new DataView(head.buffer).setUint16(8, length % 8 === 0 ? length : text.length, true);
        return { name: "claims.npy", bytes: joined(head, new TextEncoder().encode(text), body) };
      },
    );
}
