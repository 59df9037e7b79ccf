/**
 * Makes the pictures of this folder and its page, and the cards of the studio's presets, on the CPU:
 *
 *     deno task gallery [preset or "grid"]...
 *
 * All of it without arguments, which takes about half an hour on two cores; with arguments only what they name, and the page
 * shows what is there. FAST repaints every content sample in every style sample; each preset repaints a few pairs.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { OnnxBackend } from "../../engine/backends/onnx/backend.ts";
import { Optimisation } from "../../engine/descent/optimisation.ts";
import { PRESET_NAMES, type PresetName, type TransferRequest } from "../../engine/options/options.ts";
import type { Picture } from "../../engine/picture.ts";
import { PRESETS } from "../../engine/options/presets.ts";
import { resolveOptions } from "../../engine/options/resolve.ts";
import { decodePicture } from "../../images/decode.ts";
import { encodePicture } from "../../images/encode.ts";
import { resizePicture } from "../../images/resize.ts";
import { readSample, SAMPLES } from "../../samples/samples.ts";
import { loadWeights } from "../../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../../weights/shipped.ts";

const SEED = 1;
const LIMITS = { maxBytes: 1e8, maxPixels: 1e8 };
const QUALITY = 72;
/** Heights of the pictures on the page, in pixels. */
const GRID_HEIGHT = 160;
const PRESET_HEIGHT = 180;
/** The studio shows its cards at half of it, for dense screens. */
const CARD_SIDE = 240;
/** All presets at one size, where they can be compared and the slowest does not take hours. */
const SIDE = 256;
/** Of presets that begin with noise, of which some take hundreds; the rest of them would hardly be seen. */
const STEPS_FROM_NOISE = 100;
/** What each preset repaints; the first is on the studio's cards. */
const PAIRS = [["mountain-lake", "starry-swirls"], ["still-life", "woodcut-waves"], ["city-at-night", "stained-glass"]] as const;

const contents = SAMPLES.filter(({ description }) => description.startsWith("Content")).map(({ name }) => name);
const styles = SAMPLES.filter(({ description }) => description.startsWith("Style")).map(({ name }) => name);
const folder = new URL(".", import.meta.url);

async function sample(name: string): Promise<Picture> {
  return await decodePicture(await readSample(name), LIMITS);
}

async function paint(
  backend: OnnxBackend,
  request: TransferRequest,
  contentName: string,
  styleName: string,
): Promise<Picture> {
  const content = await sample(contentName);
  const options = resolveOptions(request, content, SEED);
  const styles = [{ picture: await sample(styleName), weight: 1 }];
  const optimisation = await Optimisation.start(backend, resizePicture, { options, content, styles });
  while (!optimisation.finished) await optimisation.advance();
  await optimisation.dispose();
  return await optimisation.picture();
}

/** A preset as this page shows it. */
function requestOf(preset: PresetName): TransferRequest {
  const shortened = PRESETS[preset].init.kind === "NOISE" ? { steps: STEPS_FROM_NOISE } : {};
  return { preset, size: SIDE, ...shortened };
}

async function write(file: URL, picture: Picture, maxSize: number): Promise<void> {
  await Deno.writeFile(file, await encodePicture(picture, { format: "JPEG", quality: QUALITY, maxSize }));
  console.log(file.pathname.split("/").at(-1));
}

/** The longest side of a picture that is to be so high. */
function longestAt(height: number, picture: Picture): number {
  return Math.round(height * Math.max(1, picture.width / picture.height));
}

const gridFile = (content: string, style: string) => `grid-${content}-${style}.jpg`;
const presetFile = (preset: PresetName, content: string) => `${preset.toLowerCase()}-${content}.jpg`;
const card = (preset: PresetName) => new URL(`../../studio/presets/${preset.toLowerCase()}.jpg`, import.meta.url);
const isMade = (file: string) => existsSync(new URL(file, folder));

async function writePage(): Promise<void> {
  const complete = styles.filter((style) => contents.every((content) => isMade(gridFile(content, style))));
  const grid = complete.map((style) => {
    const pictures = contents.map((content) => `![${content} as ${style}](${gridFile(content, style)})`);
    return `| ${style} | ${pictures.join(" | ")} |`;
  });
  const presets = PRESET_NAMES.filter((preset) => PAIRS.every(([content]) => isMade(presetFile(preset, content))));
  const rows = presets.map((preset) => {
    const pictures = PAIRS.map(([content]) => `![${preset}: ${content}](${presetFile(preset, content)})`);
    const { scales } = resolveOptions(requestOf(preset), { width: SIDE, height: SIDE }, SEED);
    const steps = scales.map(({ size, steps }) => `${size} px × ${steps}`).join(", ");
    return `| **${preset}**<br>${PRESETS[preset].description}<br>Here: ${steps}. | ${pictures.join(" | ")} |`;
  });
  const page = `# Gallery

Made from the [built-in samples](../../samples/) with \`deno task gallery\`.

## Contents × styles

FAST at ${PRESETS.FAST.scales.at(-1)!.size} pixels. [Twelve pairs](style_match.md) show the ways to match a style beside each other.

| style | ${contents.join(" | ")} |
| --- | ${contents.map(() => "---").join(" | ")} |
${grid.join("\n")}

## Presets

All at ${SIDE} pixels for comparison, and ${STEPS_FROM_NOISE} steps for presets that start from noise; [docs/options.md](../options.md) lists the presets' own
sizes and steps.

| preset | ${PAIRS.map(([content, style]) => `${content} + ${style}`).join(" | ")} |
| --- | ${PAIRS.map(() => "---").join(" | ")} |
${rows.join("\n")}
`;
  await Deno.writeTextFile(new URL("./README.md", folder), page);
}

const wanted = Deno.args.length > 0 ? Deno.args : ["grid", ...PRESET_NAMES];
const unknown = wanted.find((name) => name !== "grid" && !PRESET_NAMES.includes(name as PresetName));
if (unknown !== undefined) {
  console.error(`Cannot make "${unknown}": wanted grid, ${PRESET_NAMES.join(", ")}, or nothing for all of it`);
  Deno.exit(1);
}
const { parameters } = await loadWeights(SHIPPED_WEIGHTS);
const backend = await OnnxBackend.open(parameters);
if (wanted.includes("grid")) {
  for (const style of styles) {
    for (const content of contents) {
      const picture = await paint(backend, { preset: "FAST" }, content, style);
      await write(new URL(gridFile(content, style), folder), picture, longestAt(GRID_HEIGHT, picture));
    }
  }
}
for (const preset of PRESET_NAMES.filter((preset) => wanted.includes(preset))) {
  for (const [content, style] of PAIRS) {
    const picture = await paint(backend, requestOf(preset), content, style);
    await write(new URL(presetFile(preset, content), folder), picture, longestAt(PRESET_HEIGHT, picture));
    if (content === PAIRS[0][0]) await write(card(preset), picture, CARD_SIDE);
  }
}
await writePage();
