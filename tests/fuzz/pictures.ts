/**
 * Files that a stranger might give as pictures: damaged ones of every format, with their checksums mended or not, ones with
 * something else behind them, ones that claim what they do not have, and what is no picture at all. Each has to give a
 * picture or an error of ours, in one line.
 *
 * @module
 */
import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { GramcastError } from "../../errors.ts";
import { checkImage, decodePicture, inspectImage, MAX_SIDE } from "../../images/decode.ts";
import { checkMoving, frameFile, inspectMoving } from "../../images/moving.ts";
import { PNG_SIGNATURE, pngChunk } from "../../images/png_chunks.ts";
import { allFixtures } from "../../images/testing/fixtures.ts";
import { joined } from "./bytes.ts";
import { damaged } from "./damage.ts";

const LIMITS = { maxBytes: 4_000_000, maxPixels: 4_000_000 };
const MIME_TYPES = ["image/png", "image/jpeg", "image/gif", "image/tiff", "image/webp", "image/avif"];
/** Headers are where damage matters most. */
const HEAD_BYTES = 200;

/** Reads `count` files made from `seed`. @throws For the first that gives anything but a picture or an error of ours. */
export async function fuzzPictures(seed: number, count: number): Promise<void> {
  const anyWhole = fc.constantFrom(...await allFixtures());
  const file = fc.oneof(
    { weight: 16, arbitrary: anyWhole.chain(damagedPicture) },
    { weight: 2, arbitrary: fc.constantFrom(...hostileFiles()) },
    { weight: 1, arbitrary: fc.tuple(anyWhole, fc.constantFrom(...TAILS)).map(([bytes, tail]) => joined(bytes, tail)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
  );
  await fc.assert(fc.asyncProperty(file, read), { seed, numRuns: count });
}

async function read(bytes: Uint8Array): Promise<void> {
  try {
    const info = await checkImage(bytes, LIMITS);
    assert.ok(MIME_TYPES.includes(info.mimeType) && info.frames >= 1, `${info.mimeType}, ${info.frames} frames`);
    assert.ok(Math.min(info.width, info.height) >= 1 && Math.max(info.width, info.height) <= MAX_SIDE);
    const { width, height, rgb, alpha } = await decodePicture(bytes, LIMITS, { transparency: "KEEP" });
    assert.deepEqual([width, height], [info.width, info.height]);
    assert.equal(rgb.length, 3 * width * height);
    if (alpha) assert.equal(alpha.length, width * height);
    const timing = await inspectMoving(bytes);
    if (timing === null) return;
    assert.equal(timing.delays.length, info.frames);
    await checkMoving(bytes);
    assert.equal((await inspectImage(await frameFile(bytes, info.frames - 1, width), LIMITS)).frames, 1);
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    if (error.field !== "moving") assert.match(error.code, /^IMAGE_(UNREADABLE|TOO_LARGE)$/);
    assert.match(
      error.message,
      /^Cannot (read image|accept image|paint every frame of the content): found [^\n]*, wanted [^\n]*$/,
    );
    assert.ok(error.message.length < 200, `${error.message.length} characters`);
  }
}

/** A file that is damaged; a PNG perhaps with its checksums mended. */
function damagedPicture(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.tuple(damaged(bytes, { head: HEAD_BYTES, tail: 0 }), fc.boolean())
    .map(([file, mended]) => mended ? withChecksums(file) : file);
}

/** A PNG whose chunks have the checksums of what is in them now, so that a reader goes on to it; others as they are. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  if (!PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return bytes;
  const mended = bytes.slice();
  const view = new DataView(mended.buffer);
  for (let at = 8; at + 12 <= mended.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > mended.length) break;
    view.setUint32(end, crc32(mended.subarray(at + 4, end)));
    at = end + 4;
  }
  return mended;
}

const text = (value: string) => new TextEncoder().encode(value);

/** What may stand behind a picture. */
const TAILS = [
  "<script>alert(1)</script>",
  "PK\x03\x04",
  "%PDF-1.4",
  '\n<?php system("id");?>',
  "<svg onload=alert(1)>",
].map(text);

/** Files made to be trouble: bombs, false claims, loops, and formats that are programs. */
function hostileFiles(): Uint8Array[] {
  const zeros = deflateSync(new Uint8Array(8_000_000));
  const few = deflateSync(new Uint8Array(1000));
  const claims: [number, number, Uint8Array][] = [
    [30_000, 30_000, few],
    [2 ** 31 - 1, 2 ** 31 - 1, new Uint8Array(0)],
    [0, 0, new Uint8Array(0)],
    [1, 50_000_000, few],
    [50_000_000, 1, few],
    [1000, 1000, zeros],
    [1, 1, zeros],
    [2000, 2000, few],
  ];
  const extras: [string, Uint8Array][] = [
    ["iCCP", joined(text("x\0\0"), zeros)],
    ["zTXt", joined(text("x\0\0"), zeros)],
    ["iTXt", joined(text("x\0\x01\0\0\0"), zeros)],
    ["tEXt", text(`a\0${"b".repeat(500_000)}`)],
    ["eXIf", text("II*\0\xff\xff\xff\x7f")],
  ];
  return [
    ...claims.map(([width, height, data]) => png(width, height, data)),
    ...extras.map(([name, data]) => png(8, 8, deflateSync(new Uint8Array(200)), joined(...pngChunk(name, data)))),
    tiffLoop(10),
    tiffLoop(3),
    Uint8Array.of(0x49, 0x49, 0x2b, 0, 8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 127),
    Uint8Array.of(0x49, 0x49, 0x2a, 0, 255, 255, 255, 127),
    text('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    text('<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>'),
    text("push graphic-context\nfill url(https://127.0.0.1/|id)\n"),
    text("GIF89a/*<script>alert(1)</script>*/=1;"),
    text(`\0\0\0\x18ftypheic\0\0\0\0mif1heic${"\0".repeat(200)}`),
    text(`\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf${"\0".repeat(200)}`),
    joined(text("GIF89a"), Uint8Array.of(255, 255, 255, 255, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0)),
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, 0x10, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x49, 0x49, 0x2a, 0, 8, 0, 0, 0),
    ...["\xff\xd8\xff", "GIF89a", "II*\0", "MM\0*", "RIFF\x10\0\0\0WEBPVP8 ", "BM", "8BPS\0\x01", "%PDF-1.4", ""]
      .map((head) => Uint8Array.from(head, (character) => character.charCodeAt(0))),
  ];
}

function png(width: number, height: number, data: Uint8Array, extra: Uint8Array = new Uint8Array(0)): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 2], 8);
  const end = pngChunk("IEND", new Uint8Array(0));
  return joined(PNG_SIGNATURE, ...pngChunk("IHDR", header), extra, ...pngChunk("IDAT", data), ...end);
}

/** A TIFF whose directory is followed by itself. */
function tiffLoop(entries: number): Uint8Array {
  const tags = [[256, 8], [257, 8], [258, 8], [259, 1], [262, 1], [273, 8], [277, 1], [278, 8], [279, 64], [330, 8]];
  const bytes = new Uint8Array(8 + 2 + 12 * entries + 4 + 64);
  const view = new DataView(bytes.buffer);
  bytes.set(text("II*\0"));
  view.setUint32(4, 8, true);
  view.setUint16(8, entries, true);
  tags.slice(0, entries).forEach(([tag, value], i) => {
    view.setUint16(10 + 12 * i, tag!, true);
    view.setUint16(12 + 12 * i, 4, true);
    view.setUint32(14 + 12 * i, 1, true);
    view.setUint32(18 + 12 * i, value!, true);
  });
  view.setUint32(10 + 12 * entries, 8, true);
  return bytes;
}
