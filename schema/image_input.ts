import { GramcastError } from "../errors.ts";
import { Admission } from "../images/admission.ts";
import type { ImageIntake } from "../transfers/api.ts";
import type { ImageRecord } from "../transfers/types.ts";
import { ACCEPTED_FORMATS } from "../images/format.ts";
import { LIMITS } from "../limits.ts";
import { checkText, quoted } from "../values.ts";
import { decodeBase64 } from "./base64.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { INTAKE_COST, LOOKUP_COST } from "./costs.ts";

/** Longest time that fetching a picture from elsewhere may take, in milliseconds. */
const FETCH_TIMEOUT_MS = 15_000;

const MEBIBYTE = 2 ** 20;
/**
 * Files that are on their way in, with their bytes in memory: whoever comes later waits. What is fetched waits apart, since
 * other servers may be slow, and claims what it may have at most.
 */
const READING = new Admission({ bytes: 128 * MEBIBYTE, places: 32 });
const FETCHING = new Admission({ bytes: 256 * MEBIBYTE, places: 32 });

/** A picture as a caller gives it, in one of five ways. */
export const ImageInput = builder.inputType("ImageInput", {
  description:
    `A picture, given in exactly one of these ways. ${ACCEPTED_FORMATS}; of an animation, the first frame, unless \`moving\` asks for all.`,
  isOneOf: true,
  fields: (t) => ({
    upload: t.field({ type: "File", description: "A file part of a multipart request." }),
    base64: t.string({ description: "Base64, with or without a data: prefix." }),
    url: t.string({
      description: "Fetched by the server within 15 seconds; http and https, public addresses only.",
    }),
    sample: t.string({ description: "The name of a built-in sample, see Query.samples." }),
    image: t.id({ description: "The id of an Image that the caller can see." }),
  }),
});

/** The value of an `ImageInput`: exactly one member is given. */
export type ImageInputValue = typeof ImageInput.$inferInput;

/** What taking it in counts in an operation's complexity. */
export function costOfImage({ sample, image }: ImageInputValue): number {
  return typeof sample === "string" || typeof image === "string" ? LOOKUP_COST : INTAKE_COST;
}

/**
 * Takes in what an `ImageInput` names.
 *
 * @param intake Holds the image until the request is done.
 * @param field Path of the input, as `styles.0.image`: errors carry it.
 * @throws {GramcastError} BAD_USER_INPUT, NOT_FOUND, IMAGE_TOO_LARGE, IMAGE_UNREADABLE or IMAGE_UNREACHABLE.
 */
export async function resolveImage(
  context: Context,
  intake: ImageIntake,
  input: ImageInputValue,
  field: string,
): Promise<ImageRecord> {
  try {
    return await takeIn(context, intake, input);
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    throw new GramcastError(error.code, error.message, { field, cause: error, details: error.details });
  }
}

async function takeIn(context: Context, intake: ImageIntake, input: ImageInputValue): Promise<ImageRecord> {
  const { maxImageBytes } = context.config;
  const { upload, base64, url } = input;
  if (upload) {
    checkSize(upload.size, maxImageBytes);
    return await READING.run(upload.size, async () => intake.keep(await upload.bytes()));
  }
  if (typeof base64 === "string") {
    return await READING.run(base64.length, async () => intake.keep(await decodeBase64(base64, maxImageBytes)));
  }
  if (typeof url === "string") {
    checkText("url", LIMITS.url, url);
    const limits = { maxBytes: maxImageBytes, timeoutMs: FETCH_TIMEOUT_MS };
    return await FETCHING.run(maxImageBytes, async () => intake.keep(await context.fetchImage(url, limits)));
  }
  if (typeof input.sample === "string") return await findSample(context, input.sample);
  const id = input.image;
  const image = typeof id === "string" ? await intake.get(id) : null;
  if (!image) {
    throw new GramcastError("NOT_FOUND", `Cannot find image ${quoted(String(id))}: wanted the id of an image`);
  }
  return image;
}

async function findSample(context: Context, name: string): Promise<ImageRecord> {
  const samples = await context.transfers.images.samples();
  const sample = samples.find((candidate) => candidate.name === name);
  if (sample) return sample.image;
  const names = samples.map((candidate) => candidate.name).join(", ");
  throw new GramcastError("NOT_FOUND", `Cannot find sample ${quoted(name)}: wanted one of ${names}`);
}

function checkSize(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new GramcastError("IMAGE_TOO_LARGE", `Cannot accept ${bytes} bytes: wanted at most ${maxBytes}`);
  }
}
