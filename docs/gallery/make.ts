/**
 * Makes the pictures of this folder and its page, by the built-in filters on the CPU:
 *
 *     deno task gallery [preset or "grid"]...
 *
 * All of it without arguments, which takes about an hour on two cores; with arguments only what they name, and the page shows
 * what is there. FAST repaints every content sample in every style sample; each preset repaints one sample at its own size.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { OnnxBackend } from "../../engine/onnx/backend.ts";
import { Optimisation } from "../../engine/optimisation.ts";
import { PRESET_NAMES, type PresetName } from "../../engine/options.ts";
import type { Picture } from "../../engine/picture.ts";
import { PRESETS } from "../../engine/presets.ts";
import { resolveOptions } from "../../engine/resolve_options.ts";
import { decodePicture } from "../../images/decode.ts";
import { encodePicture } from "../../images/encode.ts";
import { resizePicture } from "../../images/resize.ts";
import { readSample, SAMPLES } from "../../samples/samples.ts";
import { loadWeights } from "../../weights/load_weights.ts";

const SEED = 1;
const LIMITS = { maxBytes: 1e8, maxPixels: 1e8 };
/** Height of a picture in the grid, and sides of a preset's, which is cut to them. */
const GRID_HEIGHT = 160;
const QUALITY = 72;
const CARD = { width: 320, height: 240 };
/** What each preset repaints. */
const [CARD_CONTENT, CARD_STYLE] = ["mountain-lake", "starry-swirls"];

const contents = SAMPLES.filter(({ description }) => description.startsWith("Content")).map(({ name }) => name);
const styles = SAMPLES.filter(({ description }) => description.startsWith("Style")).map(({ name }) => name);
const folder = new URL(".", import.meta.url);

async function sample(name: string): Promise<Picture> {
  return await decodePicture(await readSample(name), LIMITS);
}

async function paint(backend: OnnxBackend, preset: PresetName, contentName: string, styleName: string) {
  const content = await sample(contentName);
  const options = resolveOptions({ preset }, content, SEED);
  const styles = [{ picture: await sample(styleName), weight: 1 }];
  const optimisation = await Optimisation.start(backend, resizePicture, { options, content, styles });
  while (!optimisation.finished) await optimisation.advance();
  await optimisation.dispose();
  return optimisation.picture();
}

async function write(name: string, picture: Picture, maxSize?: number): Promise<void> {
  const options = { format: "JPEG", quality: QUALITY, ...(maxSize === undefined ? {} : { maxSize }) } as const;
  await Deno.writeFile(new URL(name, folder), await encodePicture(picture, options));
  console.log(name);
}

/** The middle of a picture in the shape of a card, as large as it goes, scaled to it. */
async function card(picture: Picture): Promise<Picture> {
  const scale = Math.max(CARD.width / picture.width, CARD.height / picture.height);
  const size = {
    width: Math.max(CARD.width, Math.round(picture.width * scale)),
    height: Math.max(CARD.height, Math.round(picture.height * scale)),
  };
  const scaled = await resizePicture(picture, size);
  const left = (size.width - CARD.width) >> 1;
  const top = (size.height - CARD.height) >> 1;
  const rgb = new Uint8Array(3 * CARD.width * CARD.height);
  for (let y = 0; y < CARD.height; y++) {
    const start = 3 * ((top + y) * size.width + left);
    rgb.set(scaled.rgb.subarray(start, start + 3 * CARD.width), 3 * y * CARD.width);
  }
  return { ...CARD, rgb };
}

const gridFile = (content: string, style: string) => `grid-${content}-${style}.jpg`;
const cardFile = (preset: PresetName) => `preset-${preset}.jpg`;
const isMade = (file: string) => existsSync(new URL(file, folder));

async function writePage(filters: string): Promise<void> {
  const complete = styles.filter((style) => contents.every((content) => isMade(gridFile(content, style))));
  const grid = complete.map((style) => {
    const pictures = contents.map((content) => `![${content} as ${style}](${gridFile(content, style)})`);
    return `| ${style} | ${pictures.join(" | ")} |`;
  });
  const cards = PRESET_NAMES.filter((preset) => isMade(cardFile(preset))).map((preset) => {
    const { description, scales } = PRESETS[preset];
    const schedule = scales.map(({ size, steps }) => `${size} px × ${steps}`).join(", ");
    return `| ${preset} | ![${preset}](${cardFile(preset)}) | ${description} Steps: ${schedule}. |`;
  });
  const page = `# Gallery

Every picture here is made of [built-in samples](../../samples/) by the ${filters}, which whoever starts Gramcast without a
network has too; \`deno task gallery\` makes them all. By the pre-trained VGG16 larger forms of a style are taken on better:
see [CLASSIC, as it emerges](../classic/).

## Contents × styles

FAST at ${PRESETS.FAST.scales.at(-1)!.size} pixels.

| style | ${contents.join(" | ")} |
| --- | ${contents.map(() => "---").join(" | ")} |
${grid.join("\n")}

## Presets

Each at its own size, with ${CARD_CONTENT} in the style of ${CARD_STYLE}; scaled down to ${CARD.width} × ${CARD.height}.

| preset | picture | what it is |
| --- | --- | --- |
${cards.join("\n")}
`;
  await Deno.writeTextFile(new URL("README.md", folder), page);
}

const wanted = Deno.args.length > 0 ? Deno.args : ["grid", ...PRESET_NAMES];
const unknown = wanted.find((name) => name !== "grid" && !PRESET_NAMES.includes(name as PresetName));
if (unknown !== undefined) {
  console.error(`Cannot make "${unknown}": wanted grid, ${PRESET_NAMES.join(", ")}, or nothing for all of it`);
  Deno.exit(1);
}
const { parameters, name } = await loadWeights("builtin");
const backend = await OnnxBackend.open(parameters);
if (wanted.includes("grid")) {
  for (const style of styles) {
    for (const content of contents) {
      const picture = await paint(backend, "FAST", content, style);
      const longest = Math.round(GRID_HEIGHT * Math.max(picture.width, picture.height) / picture.height);
      await write(gridFile(content, style), picture, longest);
    }
  }
}
for (const preset of PRESET_NAMES.filter((preset) => wanted.includes(preset))) {
  await write(cardFile(preset), await card(await paint(backend, preset, CARD_CONTENT!, CARD_STYLE!)));
}
await writePage(name);
