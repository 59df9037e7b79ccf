import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { GramcastError } from "../errors.ts";
import { sidesOfAvif } from "./avif_sides.ts";
import { decodePicture, inspectImage } from "./decode.ts";
import { rawRgb, sharp } from "./sharp.ts";
import { fixture } from "./testing/fixtures.ts";

const LIMITS = { maxBytes: 100_000, maxPixels: 10_000 };

/** Both entrances must refuse alike. */
async function assertRefused(bytes: Uint8Array, code: string, message: RegExp): Promise<void> {
  for (const read of [inspectImage, decodePicture]) await assertThrows(read(bytes, LIMITS), code, message);
}

async function assertThrows(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof GramcastError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

const text = new TextEncoder();
const FOREIGN: Readonly<Record<string, Uint8Array>> = {
  SVG: text.encode(
    '<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  ),
  PDF: text.encode("%PDF-1.7\n%âãÏÓ"),
  PostScript: text.encode("%!PS-Adobe-3.0"),
  HTML: text.encode("<!DOCTYPE html><title>not found</title>"),
  HEIC: text.encode("\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
  MP4: text.encode("\0\0\0\x18ftypisom\0\0\0\0isommp42"),
  "JPEG XL": Uint8Array.of(0xff, 0x0a, 0, 0),
  gzip: Uint8Array.of(0x1f, 0x8b, 8, 0),
  "an unknown format": text.encode("P6 2 2 255 abcdefghijkl"),
};

for (const [name, bytes] of Object.entries(FOREIGN)) {
  Deno.test(`decodePicture() refuses ${name} by name`, async () => {
    await assertRefused(
      bytes,
      "IMAGE_UNREADABLE",
      new RegExp(
        `^Cannot read image: found ${name} \\(${bytes.length} bytes\\), wanted PNG, JPEG, GIF, TIFF, WebP or AVIF$`,
      ),
    );
  });
}

Deno.test("decodePicture() refuses BMP, and no bytes at all", async () => {
  await assertRefused(await fixture("rgb.bmp"), "IMAGE_UNREADABLE", /found BMP \(630 bytes\)/);
  await assertRefused(new Uint8Array(0), "IMAGE_UNREADABLE", /^Cannot read image: found no bytes, wanted PNG/);
});

Deno.test("decodePicture() refuses YCbCr in TIFF, which libvips would read with wrong colours", async () => {
  await assertRefused(await fixture("ycbcr.tif"), "IMAGE_UNREADABLE", /found a TIFF of YCbCr without JPEG compression/);
});

for (const name of ["lab.tif", "lab16.tif"]) {
  Deno.test(`decodePicture() refuses ${name}, which libvips would read by another white`, async () => {
    await assertRefused(
      await fixture(name),
      "IMAGE_UNREADABLE",
      /^Cannot read image: found a TIFF of L\*a\*b\*, wanted RGB, grey, palette or CMYK$/,
    );
  });
}

for (const [name, format] of [["rgb.heic", "HEIC"], ["rgb.jp2", "JPEG 2000"], ["rgb.jxl", "JPEG XL"]] as const) {
  Deno.test(`decodePicture() refuses ${name} by name`, async () => {
    const wanted = new RegExp(
      `^Cannot read image: found ${format} \\(\\d+ bytes\\), wanted PNG, JPEG, GIF, TIFF, WebP or AVIF$`,
    );
    await assertRefused(await fixture(name), "IMAGE_UNREADABLE", wanted);
  });
}

Deno.test("decodePicture() refuses sides that no picture has, before it reads any row", async () => {
  for (const [width, height] of [[1, 50_000_000], [50_000_000, 1]] as const) {
    const bytes = await pngOf(width, height);
    for (const read of [inspectImage, decodePicture]) {
      await assertThrows(
        read(bytes, { maxBytes: 100_000, maxPixels: 50_000_000 }),
        "IMAGE_TOO_LARGE",
        new RegExp(`^Cannot accept image: found ${width}×${height} pixels, wanted sides of at most 65535$`),
      );
    }
  }
});

Deno.test("decodePicture() refuses an AVIF whose data is damaged, by its article, too", async () => {
  const { data } = await sharp(new Uint8Array(32 * 32 * 3).fill(90), rawRgb(32, 32)).avif().toBuffer({
    resolveWithObject: true,
  });
  const damaged = Uint8Array.from(data).fill(0, data.indexOf("mdat") + 4);
  await assertThrows(
    decodePicture(damaged, LIMITS),
    "IMAGE_UNREADABLE",
    /found an AVIF of 32×32 with broken or missing/,
  );
});

Deno.test("decodePicture() refuses an AVIF of sides that are no numbers to libvips, and libvips says nothing of it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const whole = Uint8Array.from(await sharp(new Uint8Array(32 * 32 * 3).fill(90), rawRgb(32, 32)).avif().toBuffer());
    for (const side of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = whole.slice();
      new DataView(bytes.buffer).setUint32(Buffer.from(whole).indexOf("ispe") + 8, side);
      await assertThrows(
        inspectImage(bytes, LIMITS),
        "IMAGE_TOO_LARGE",
        new RegExp(`^Cannot accept image: found ${side}×32 pixels, wanted sides of at most 65535$`),
      );
      await Deno.writeFile(`${folder}/${side}.avif`, bytes);
    }
    // What libvips says, it says on the stderr of the process.
    const code = `import { inspectImage, NO_LIMITS } from ${JSON.stringify(import.meta.resolve("./decode.ts"))};
      for (const { name } of Deno.readDirSync(${JSON.stringify(folder)})) {
        const bytes = Deno.readFileSync(${JSON.stringify(folder)} + "/" + name);
        await inspectImage(bytes, NO_LIMITS).then(() => console.log("read"), ({ code }) => console.log(code));
      }`;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", code],
      cwd: fileURLToPath(new URL("..", import.meta.url)),
    }).output();
    const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.deepEqual([said, complained], ["IMAGE_TOO_LARGE\n".repeat(3), ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sidesOfAvif() tells the sizes wherever boxes hold them, and ends at what is broken", () => {
  const box = (name: string, body: readonly number[], size = 8 + body.length) => [
    ...[24, 16, 8, 0].map((shift) => size >>> shift & 255),
    ...new TextEncoder().encode(name),
    ...body,
  ];
  const ispe = (width: number, height: number) => box("ispe", [0, 0, 0, 0, 0, 0, 0, width, 0, 0, 0, height]);
  const long = [0, 0, 0, 1, ...new TextEncoder().encode("ispe"), 0, 0, 0, 0, 0, 0, 0, 28, ...ispe(5, 6).slice(8)];
  const within = (...boxes: number[][]) =>
    Uint8Array.from([...box("free", [1, 2]), ...box("meta", [0, 0, 0, 0, ...box("iprp", box("ipco", boxes.flat()))])]);
  const sizes = (bytes: Uint8Array) => [...sidesOfAvif(bytes)].map(({ width, height }) => [width, height]);
  assert.deepEqual(sizes(within(ispe(1, 2), box("pixi", [0]), long, ispe(3, 4))), [[1, 2], [5, 6], [3, 4]]);
  assert.deepEqual(sizes(within(ispe(1, 2), box("none", [], 4), ispe(3, 4))), [[1, 2]]);
  assert.deepEqual(sizes(within(ispe(1, 2), box("rest", [9], 0), ispe(3, 4))), [[1, 2]]);
  assert.deepEqual(sizes(within(ispe(1, 2)).subarray(0, -5)), []);
});

Deno.test("sharp itself reads no SVG, even when asked to", async () => {
  await assert.rejects(sharp(FOREIGN["SVG"]!).metadata(), /unsupported image format/);
});

Deno.test("decodePicture() refuses too many bytes before looking at them", async () => {
  const bytes = new Uint8Array(LIMITS.maxBytes + 1);
  await assertRefused(
    bytes,
    "IMAGE_TOO_LARGE",
    /^Cannot accept image: found 100001 bytes, wanted at most 100000$/,
  );
});

Deno.test("decodePicture() refuses too many pixels, and takes exactly as many as are allowed", async () => {
  const encode = (width: number, height: number) =>
    sharp(new Uint8Array(3 * width * height), rawRgb(width, height)).png().toBuffer();
  const allowed = await decodePicture(await encode(100, 100), LIMITS);
  assert.equal(allowed.width, 100);
  await assertRefused(
    await encode(101, 100),
    "IMAGE_TOO_LARGE",
    /^Cannot accept image: found 101×100 = 10100 pixels, wanted at most 10000$/,
  );
});

/** Writes a size into the header of an intact small file. */
async function withSize(name: string, write: (view: DataView) => void): Promise<Uint8Array> {
  const bytes = await fixture(name);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Claims to be of this size. */
function pngOf(width: number, height: number): Promise<Uint8Array> {
  return withSize("rgb.png", (view) => {
    view.setUint32(16, width);
    view.setUint32(20, height);
    view.setUint32(29, crc32(new Uint8Array(view.buffer, 12, 17)));
  });
}

const BOMBS: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  "PNG of 30000×30000": () => pngOf(30_000, 30_000),
  "GIF of 65535×65535": () =>
    withSize("palette.gif", (view) => {
      view.setUint16(6, 65_535, true);
      view.setUint16(8, 65_535, true);
      // The frame's own size counts too: libvips takes the screen's for a mistake where they differ much.
      const frame = new Uint8Array(view.buffer).lastIndexOf(0x2c);
      view.setUint16(frame + 5, 65_535, true);
      view.setUint16(frame + 7, 65_535, true);
    }),
  "JPEG of 65000×65000": () =>
    withSize("rgb.jpg", (view) => {
      const frame = findMarker(view, 0xc0);
      view.setUint16(frame + 5, 65_000);
      view.setUint16(frame + 7, 65_000);
    }),
  "TIFF of 60000×60000": () =>
    withSize("rgb.tif", (view) => {
      setTag(view, 256, 60_000);
      setTag(view, 257, 60_000);
    }),
};

for (const [name, make] of Object.entries(BOMBS)) {
  Deno.test(`decodePicture() refuses a ${name} by its header`, async () => {
    await assertRefused(await make(), "IMAGE_TOO_LARGE", /^Cannot accept image: found \d{5}×\d{5} = \d+ pixels/);
  });
}

Deno.test("decodePicture() refuses a PNG with a side beyond what the format allows", async () => {
  const bytes = await pngOf(0xffff_ffff, 1);
  await assertRefused(bytes, "IMAGE_UNREADABLE", /^Cannot read image: found PNG \(95 bytes\) with a broken header/);
});

for (
  const name of ["rgb.png", "rgb.jpg", "rgb.tif", "rgb_lzw.tif", "rgb_jpeg.tif", "rgb.webp", "palette.gif", "cmyk.jpg"]
) {
  Deno.test(`decodePicture() refuses ${name} when it is cut off anywhere`, async () => {
    const bytes = await fixture(name);
    const ends = [1, 4, 12, bytes.length >> 2, bytes.length >> 1, Math.floor(bytes.length * 0.8)];
    for (const end of ends) {
      await assertThrows(decodePicture(bytes.slice(0, end), LIMITS), "IMAGE_UNREADABLE", /^Cannot read image: found /);
    }
  });
}

function findMarker(view: DataView, marker: number): number {
  let at = 2;
  while (view.getUint16(at) !== (0xff00 | marker)) at += 2 + view.getUint16(at + 2);
  return at;
}

/** Overwrites a LONG or SHORT in the first directory of a little-endian TIFF. */
function setTag(view: DataView, tag: number, value: number): void {
  const start = view.getUint32(4, true);
  for (let entry = start + 2;; entry += 12) {
    if (view.getUint16(entry, true) !== tag) continue;
    if (view.getUint16(entry + 2, true) === 3) view.setUint16(entry + 8, value, true);
    else view.setUint32(entry + 8, value, true);
    return;
  }
}
