import assert from "node:assert/strict";
import fc from "fast-check";
import { GramcastError } from "../../errors.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";

const floats = fc.float32Array({ noNaN: true, maxLength: 30 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const plain = { noNullPrototype: true };
const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  step: fc.nat(),
  scale: fc.nat(11),
  scaleStep: fc.nat(),
  width: fc.nat(4096),
  height: fc.nat(4096),
  optimizer: fc.record({
    numbers: fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), number, plain),
    arrays: fc.dictionary(fc.stringMatching(/^x[a-z]{0,7}\d?$/), floats, plain),
  }, plain),
  average: fc.option(floats),
  averagedSteps: fc.nat(),
  begun: fc.option(floats),
  weights: fc.record({ contentWeight: number, styleWeight: number, tvWeight: number }, plain),
  learningRate: number,
  losses: fc.option(fc.record({
    total: number,
    content: number,
    style: number,
    tv: number,
    layers: fc.array(
      fc.record({ layer: fc.string(), kind: fc.constantFrom("content", "style"), value: number }, plain),
    ),
  }, plain)),
}, plain);

const SMALL: Checkpoint = {
  step: 61,
  scale: 1,
  scaleStep: 1,
  width: 2,
  height: 1,
  optimizer: { numbers: { step: 61 }, arrays: { pixels: Float32Array.of(1, 2, 3, 4, 5, 0.1) } },
  average: Float32Array.of(6, 5, 4, 3, 2, 1),
  averagedSteps: 1,
  begun: null,
  weights: { contentWeight: 0.1, styleWeight: 500, tvWeight: 0 },
  learningRate: 10,
  losses: null,
};

function refused(bytes: Uint8Array): GramcastError {
  try {
    readCheckpoint(bytes);
  } catch (error) {
    assert.ok(error instanceof GramcastError, `${error}`);
    assert.equal(error.code, "CHECKPOINT_UNREADABLE");
    assert.match(error.message, /^Cannot read the checkpoint: found [^\n]+, wanted [^\n]+$/);
    return error;
  }
  throw new assert.AssertionError({ message: "the checkpoint was read" });
}

Deno.test("what is written is read, at any offset of the memory", () => {
  fc.assert(
    fc.property(checkpoint, fc.nat(9), (value, offset) => {
      const bytes = writeCheckpoint(value);
      const shifted = new Uint8Array(offset + bytes.length + 3).subarray(offset, offset + bytes.length);
      shifted.set(bytes);
      assert.deepEqual(readCheckpoint(shifted), value);
      assert.deepEqual(writeCheckpoint(readCheckpoint(bytes)), bytes);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("a checkpoint of which any one byte has changed is refused", () => {
  const bytes = writeCheckpoint(SMALL);
  for (let i = 0; i < bytes.length; i++) {
    for (const change of [1, 0x80, 0xff]) {
      bytes[i]! ^= change;
      refused(bytes);
      bytes[i]! ^= change;
    }
  }
  assert.deepEqual(readCheckpoint(bytes), SMALL);
});

Deno.test("a checkpoint that is cut off or has something behind it is refused", () => {
  const bytes = writeCheckpoint(SMALL);
  for (let length = 0; length < bytes.length; length++) refused(bytes.subarray(0, length));
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  refused(longer);
});

Deno.test("the refusal says what is wrong", () => {
  const bytes = writeCheckpoint(SMALL);
  const changed = (at: number, value: number) => Object.assign(bytes.slice(), { [at]: value });
  assert.match(refused(changed(0, 0)).message, /found another kind of file, wanted one that begins with GRAMCAST/);
  assert.match(refused(changed(8, 9)).message, /found version 9, wanted version 1/);
  assert.match(refused(changed(40, 0)).message, /found changed bytes, wanted its SHA-256 to match/);
  assert.match(refused(bytes.subarray(0, 20)).message, /found 20 bytes, wanted a whole file/);
});
