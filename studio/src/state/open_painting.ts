import { batch } from "@preact/signals";
import { request, RequestError, upload } from "../api/client.ts";
import { Estimate, type PresetName, ReadRecipe, Upload } from "../api/operations.ts";
import { movingFramesOf } from "../media/take_in.ts";
import { options, presets, samples } from "./catalogue.ts";
import { type Choice, choiceOf } from "./choices.ts";
import {
  type Changes,
  changes,
  content,
  contentMask,
  droppedWith,
  mixing,
  plainStyle,
  preset,
  strength,
  type StyleChoice,
  styles,
} from "./draft.ts";

type Values = Readonly<Record<string, unknown>>;

/** What `Query.recipe` answers: of what is in `request` and `missing` nothing is sure. */
interface Recipe {
  readonly weights: unknown;
  readonly request: Values;
  readonly missing: Values;
}

/**
 * Fills in what a painting was made from, as its file says itself; a file may say anything, so the server is asked first
 * whether it would take it.
 *
 * @returns What has come of it, in sentences.
 * @throws {RequestError} When the file has no recipe, or one that the server refuses; nothing is filled in then.
 */
export async function openPainting(file: File): Promise<string> {
  const painting = { upload: null };
  // As it is: drawn anew, it would have no recipe.
  const answer = await upload(ReadRecipe, { painting }, "variables.painting.upload", file, () => {});
  if (!isObject(answer.recipe)) {
    throw new RequestError("NO_RECIPE", `${file.name} says nothing of how it was made: only a painting from here does`);
  }
  const { request: asked, missing, weights } = answer.recipe as unknown as Recipe;
  const named = presets.value.find(({ name }) => name === asked["preset"])?.name ?? preset.value;
  const picture = await pictureOf(asked["content"], "Picture");
  // A mask of what is missing would lie on another picture.
  const mask = picture && await pictureOf(asked["contentMask"], "Mask");
  const pieces = await stylesOf(asked["styles"], picture !== null);
  const changed = changesOf(asked, named);
  const [stand] = samples.value;
  const check = {
    content: (picture ?? stand)!.input,
    styles: pieces.length > 0
      ? pieces.map(({ choice, weight, scale }) => ({ image: choice.input, weight, scale }))
      : [{ image: stand!.input }],
  };
  await request(Estimate, { input: { ...check, preset: named, ...changed } });
  batch(() => {
    content.value = picture;
    contentMask.value = mask;
    droppedWith.value = null;
    styles.value = pieces;
    mixing.value = pieces.length > 1;
    preset.value = named;
    strength.value = 0;
    changes.value = changed;
  });
  const notes = [`Filled in from ${file.name}.`];
  const lacking = Object.entries(missing).map(([field, what]) => `${nameOf(field)}${sizeOf(what)}`);
  if (lacking.length > 0) notes.push(`Not on this server: ${lacking.join(", ")}. Choose anew what is missing.`);
  if (!picture && hasMasks(asked)) notes.push("What was marked on the picture is left out with it.");
  if (typeof weights === "string" && weights !== answer.weights.sha256) {
    notes.push("It was painted with other weights, and will not be quite the same.");
  }
  return notes.join(" ");
}

/** A picture that a recipe names, if it is here. */
async function pictureOf(given: unknown, label: string): Promise<Choice | null> {
  const { sample, image } = isObject(given) ? given : {};
  if (typeof sample === "string") return samples.value.find(({ input }) => input.sample === sample) ?? null;
  if (typeof image !== "string") return null;
  try {
    // Kept for its own sake from now on, as if it had been brought anew.
    const { frames, mimeType, ...kept } = (await request(Upload, { image: { image } })).uploadImage.image;
    const movingFrames = movingFramesOf({ frames, mimeType });
    const choice = choiceOf(kept, samples.value, label);
    return movingFrames ? { ...choice, movingFrames } : choice;
  } catch (error) {
    if (error instanceof RequestError && error.code === "NOT_FOUND") return null;
    throw error;
  }
}

/** @param marked Whether the picture is here on which it was marked where they go. */
async function stylesOf(given: unknown, marked: boolean): Promise<StyleChoice[]> {
  const found: StyleChoice[] = [];
  for (const style of Array.isArray(given) ? given.filter(isObject) : []) {
    const choice = await pictureOf(style["image"], "Style");
    if (!choice) continue;
    found.push({
      ...plainStyle(choice),
      weight: numberOr1(style["weight"]),
      scale: numberOr1(style["scale"]),
      mask: marked ? await pictureOf(style["mask"], "Mask") : null,
      region: await pictureOf(style["region"], "Mask"),
    });
  }
  return found;
}

/** The options of a recipe that its preset has otherwise; frames are kept here whatever it says. */
function changesOf(asked: Values, named: PresetName): Changes {
  const { init } = asked;
  const begins = isObject(init) && init["kind"] === "IMAGE";
  // Its schedule goes on from that picture: without it, the preset's begins anew.
  const left = ["keepFrames", ...(begins && !isObject(init["image"]) ? ["init", "scales", "steps"] : [])];
  return Object.fromEntries(options.value.flatMap(({ name, kind, defaults }) => {
    const value = asked[name];
    const usual = defaults.find((one) => one.preset === named)?.value;
    if (value === undefined || value === null || left.includes(name)) return [];
    // GraphQL would take a single entry for a list of one.
    if (["LAYERS", "SCALES"].includes(kind) && !Array.isArray(value)) return [];
    return JSON.stringify(value) === JSON.stringify(usual) ? [] : [[name, value]];
  }));
}

/** Whether anything was marked on the picture that is repainted. */
function hasMasks({ contentMask, styles }: Values): boolean {
  return isObject(contentMask) ||
    Array.isArray(styles) && styles.some((style) => isObject(style) && isObject(style["mask"]));
}

function nameOf(field: string): string {
  const [, place, what] = /^styles\.(\d+)\.(\w+)$/.exec(field) ?? [];
  if (what === "image") return `style ${Number(place) + 1}`;
  return field === "content" ? "the picture" : field === "init.image" ? "the picture it began with" : "a mask";
}

function sizeOf(what: unknown): string {
  const { width, height } = isObject(what) ? what : {};
  return typeof width === "number" && typeof height === "number" ? ` (${width} × ${height})` : "";
}

function numberOr1(value: unknown): number {
  return typeof value === "number" ? value : 1;
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
