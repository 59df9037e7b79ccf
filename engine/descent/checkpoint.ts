import { createHash } from "node:crypto";
import { GramcastError } from "../../errors.ts";
import type { Losses } from "../objective/losses.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";

/** Everything that an optimisation needs to go on to the byte, besides its input. */
export interface Checkpoint {
  /** Steps taken, over all scales. */
  readonly step: number;
  /** Index of the scale that the state belongs to, and steps taken in it. */
  readonly scale: number;
  readonly scaleStep: number;
  readonly width: number;
  readonly height: number;
  readonly optimizer: OptimizerState;
  /** Sum of the iterates' moving average, not yet corrected for its bias; null where none is taken. */
  readonly average: Float32Array | null;
  readonly averagedSteps: number;
  /** What neighbours were looked for in; null where they are not, and at the first scale. */
  readonly begun: Float32Array | null;
  /** Weights as they were retuned, and the learning rate. */
  readonly weights: { readonly contentWeight: number; readonly styleWeight: number; readonly tvWeight: number };
  readonly learningRate: number;
  /** Of the last step; a line search that rejects its next point reports them again. */
  readonly losses: Losses | null;
}

const MAGIC = "GRAMCAST";
const VERSION = 1;
const DIGEST_BYTES = 32;
const PREFIX_BYTES = 16;

interface Header extends Omit<Checkpoint, "optimizer" | "average" | "begun"> {
  readonly numbers: Record<string, number>;
  /** Name and length of each array, in order; `average` and `begun` are among them. */
  readonly arrays: readonly (readonly [string, number])[];
}

/**
 * Writes a checkpoint: magic, version, length of the header, a JSON header, float32 arrays (little-endian), and the
 * SHA-256 of all that.
 */
export function writeCheckpoint({ optimizer, average, begun, ...rest }: Checkpoint): Uint8Array<ArrayBuffer> {
  const arrays = Object.entries(optimizer.arrays);
  if (average) arrays.push(["average", average]);
  if (begun) arrays.push(["begun", begun]);
  const header: Header = {
    ...rest,
    numbers: optimizer.numbers,
    arrays: arrays.map(([name, array]) => [name, array.length] as const),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const floats = arrays.reduce((sum, [, array]) => sum + array.byteLength, 0);
  const bytes = new Uint8Array(PREFIX_BYTES + json.length + floats + DIGEST_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, json.length, true);
  bytes.set(json, PREFIX_BYTES);
  let offset = PREFIX_BYTES + json.length;
  for (const [, array] of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
    offset += array.byteLength;
  }
  bytes.set(digest(bytes.subarray(0, offset)), offset);
  return bytes;
}

/**
 * Reads a checkpoint.
 *
 * @throws {GramcastError} CHECKPOINT_UNREADABLE when it is cut off, changed, or of another version.
 */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  if (bytes.length < PREFIX_BYTES + DIGEST_BYTES) throw unreadable(`${bytes.length} bytes`, "a whole file");
  const body = bytes.subarray(0, bytes.length - DIGEST_BYTES);
  const magic = new TextDecoder().decode(body.subarray(0, 8));
  if (magic !== MAGIC) throw unreadable("another kind of file", `one that begins with ${MAGIC}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw unreadable(`version ${version}`, `version ${VERSION}`);
  if (!digest(body).equals(bytes.subarray(body.length))) throw unreadable("changed bytes", "its SHA-256 to match");
  const start = PREFIX_BYTES + view.getUint32(12, true);
  const header = JSON.parse(new TextDecoder().decode(body.subarray(PREFIX_BYTES, start))) as Header;
  const { numbers, arrays, ...rest } = header;
  const read: Record<string, Float32Array> = {};
  let offset = start;
  for (const [name, length] of arrays) {
    // Copied: the file's offsets need not be multiples of four.
    read[name] = new Float32Array(body.slice(offset, offset + 4 * length).buffer);
    offset += 4 * length;
  }
  const { average = null, begun = null, ...state } = read;
  return { ...rest, optimizer: { numbers, arrays: state }, average, begun };
}

function digest(bytes: Uint8Array) {
  return createHash("sha256").update(bytes).digest();
}

function unreadable(found: string, wanted: string): GramcastError {
  return new GramcastError("CHECKPOINT_UNREADABLE", `Cannot read the checkpoint: found ${found}, wanted ${wanted}`);
}
