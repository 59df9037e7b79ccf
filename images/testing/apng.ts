import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { PNG_SIGNATURE, pngChunk } from "../png_chunks.ts";

/** A frame of one colour. */
export interface PlainFrame {
  readonly left?: number;
  readonly top?: number;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha. */
  readonly colour: readonly [number, number, number, number];
  /** Parts of a second, and how many of them make one. */
  readonly delay?: readonly [number, number];
  /** 0 keep, 1 clear, 2 put back. */
  readonly disposal?: number;
  /** 0 instead of what is there, 1 over it. */
  readonly blend?: number;
}

interface ApngOptions {
  readonly loops?: number;
  /** What the file says; as many as there are when left out. */
  readonly count?: number;
  /** What programs show that know no animation: no frame of it. The first frame when left out. */
  readonly still?: PlainFrame;
}

/** An animated PNG, whole unless its frames are not; its size is that of its first frame. */
export function apngOf(frames: readonly PlainFrame[], options: ApngOptions = {}): Uint8Array<ArrayBuffer> {
  return pngOfChunks(apngChunks(frames, options));
}

type NamedChunk = readonly [name: string, data: Uint8Array];

/** The chunks of an animated PNG, for tests that change them. */
export function apngChunks(
  frames: readonly PlainFrame[],
  { loops = 0, count = frames.length, still }: ApngOptions = {},
): NamedChunk[] {
  const { width, height } = frames[0]!;
  let sequence = 0;
  const chunks: NamedChunk[] = [
    ["IHDR", Uint8Array.of(...words(width, height), 8, 6, 0, 0, 0)],
    ["acTL", Uint8Array.of(...words(count, loops))],
  ];
  if (still) chunks.push(["IDAT", pixels(still)]);
  frames.forEach((frame, i) => {
    const { left = 0, top = 0, delay = [1, 10], disposal = 0, blend = 0 } = frame;
    chunks.push([
      "fcTL",
      Uint8Array.of(
        ...words(sequence++, frame.width, frame.height, left, top),
        ...[delay[0] >> 8, delay[0] & 255, delay[1] >> 8, delay[1] & 255, disposal, blend],
      ),
    ]);
    if (i === 0 && !still) chunks.push(["IDAT", pixels(frame)]);
    else chunks.push(["fdAT", Uint8Array.of(...words(sequence++), ...pixels(frame))]);
  });
  return [...chunks, ["IEND", new Uint8Array(0)]];
}

/** A PNG file of these chunks, their checksums right. */
export function pngOfChunks(chunks: readonly NamedChunk[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([PNG_SIGNATURE, ...chunks.flatMap(([name, data]) => pngChunk(name, data))]));
}

function pixels({ width, height, colour }: PlainFrame): Uint8Array {
  const row = [0, ...Array<readonly number[]>(width).fill(colour).flat()];
  return deflateSync(Uint8Array.from(Array(height).fill(row).flat()));
}

function words(...values: number[]): number[] {
  return values.flatMap((value) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
}
