/**
 * imagescript beside sharp, in turns in one process: decode, resize to half and encode a painting, and how long each holds the
 * event loop meanwhile.
 *
 *     deno task bench picture_libraries [sides, as 668,4000] [rounds]
 *
 * Each does what it is made for with a picture of its own: imagescript with its RGBA bitmap, sharp with RGB and one thread, as
 * the server uses it. Where imagescript cannot do the same, the table says what it does.
 *
 * @module
 */
import { Image } from "imagescript";
import { encodePicture } from "../images/encode.ts";
import { rawRgb, sharp } from "../images/sharp.ts";
import { squarePicture } from "./inputs.ts";
import { median, row } from "./table.ts";

const sides = (Deno.args[0] ?? "668,4000").split(",").map(Number);
const rounds = Number(Deno.args[1] ?? 5);
const QUALITY = 85;

interface Contest {
  readonly name: string;
  readonly imagescript: () => Promise<{ length: number }>;
  readonly sharp: () => Promise<{ length: number }>;
}

interface Run {
  readonly milliseconds: number;
  /** The longest time that nothing else could run meanwhile, in milliseconds. */
  readonly held: number;
  /** Bytes that came of it. */
  readonly length: number;
}

async function run(work: () => Promise<{ length: number }>): Promise<Run> {
  let last = performance.now();
  let held = 0;
  function tick() {
    const now = performance.now();
    held = Math.max(held, now - last);
    last = now;
  }
  const ticking = setInterval(tick, 1);
  const started = performance.now();
  const { length } = await work();
  const milliseconds = performance.now() - started;
  tick();
  clearInterval(ticking);
  return { milliseconds, held, length };
}

async function contests(side: number): Promise<Contest[]> {
  const picture = await squarePicture("starry-swirls", side);
  const half = side / 2;
  const image = new Image(side, side);
  image.bitmap = new Uint8ClampedArray(await sharp(picture.rgb, rawRgb(side, side)).ensureAlpha().raw().toBuffer());
  const png = await encodePicture(picture, { format: "PNG" });
  const jpeg = await encodePicture(picture, { format: "JPEG" });
  const rgb = () => sharp(picture.rgb, rawRgb(side, side));
  const decoded = async (bytes: Uint8Array) => (await Image.decode(bytes)).bitmap;
  return [
    { name: "decode PNG", imagescript: () => decoded(png), sharp: () => sharp(png).raw().toBuffer() },
    { name: "decode JPEG", imagescript: () => decoded(jpeg), sharp: () => sharp(jpeg).raw().toBuffer() },
    {
      name: "resize to half (nearest pixel; Lanczos)",
      // resize() changes the picture that it is called on, and the next round needs it.
      imagescript: () => Promise.resolve(image.clone().resize(half, half).bitmap),
      sharp: () => rgb().resize(half, half, { kernel: "lanczos3" }).raw().toBuffer(),
    },
    {
      name: "encode PNG (its own level; level 3)",
      imagescript: () => image.encode(),
      sharp: () => rgb().png({ compressionLevel: 3, adaptiveFiltering: true }).toBuffer(),
    },
    {
      name: `encode JPEG, quality ${QUALITY}`,
      imagescript: () => image.encodeJPEG(QUALITY),
      // imagescript keeps chroma at full size, so sharp does here.
      sharp: () => rgb().jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4" }).toBuffer(),
    },
    {
      name: `encode WebP, quality ${QUALITY}`,
      imagescript: () => image.encodeWEBP(QUALITY),
      sharp: () => rgb().webp({ quality: QUALITY }).toBuffer(),
    },
  ];
}

for (const side of sides) {
  console.log(`\n${side}×${side}:\n`);
  console.log(
    row(
      "what",
      "imagescript ms",
      "sharp ms",
      "imagescript ÷ sharp",
      "imagescript held ms",
      "sharp held ms",
      "imagescript KB",
      "sharp KB",
    ),
  );
  console.log(row("---", "--:", "--:", "--:", "--:", "--:", "--:", "--:"));
  for (const contest of await contests(side)) {
    await contest.imagescript();
    await contest.sharp();
    const theirs: Run[] = [];
    const ours: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      theirs.push(await run(contest.imagescript));
      ours.push(await run(contest.sharp));
    }
    const of = (runs: Run[], key: keyof Run) => median(runs.map((each) => each[key]));
    const [a, b] = [of(theirs, "milliseconds"), of(ours, "milliseconds")];
    const kb = (runs: Run[]) => contest.name.startsWith("encode") ? Math.round(of(runs, "length") / 1000) : "";
    console.log(row(
      contest.name,
      a.toFixed(1),
      b.toFixed(1),
      (a / b).toFixed(2),
      of(theirs, "held").toFixed(0),
      of(ours, "held").toFixed(0),
      kb(theirs),
      kb(ours),
    ));
  }
}
