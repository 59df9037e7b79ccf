import { OPTIONS } from "../engine/options/table.ts";
import type { Recipe } from "../images/recipe.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { INTAKE_COST } from "./costs.ts";
import { costOfImage, ImageInput, resolveImage } from "./image_input.ts";

/** What a recipe may ask for: a stranger's file is not to name whom a webhook tells, nor a place in the queue. */
const ASKED: ReadonlySet<string> = new Set(["content", "styles", "contentMask", "preset", ...Object.keys(OPTIONS)]);
/** Ways to name a picture that no recipe has: a stranger's file is not to have the server fetch what it likes. */
const UNKNOWN_WAYS = ["url", "base64", "upload"];

/** Levels of a request, so that nobody's file is followed down for ever. */
const MAX_DEPTH = 8;

builder.queryField("recipe", (t) =>
  t.field({
    type: "JSON",
    nullable: true,
    complexity: ({ image }) => INTAKE_COST + costOfImage(image),
    description:
      "What a painting was made from, read from the file's own metadata: `weights` is their SHA-256, `request` the StartTransferInput that paints it again. Pictures that the caller has are there by name or id, others by `sha256`, `width` and `height` under `missing`, by field. It holds pictures and options, and nothing that would reach elsewhere, such as a webhook or a url. Null where the file holds none. A file may say anything: startTransfer checks it.",
    args: { image: t.arg({ type: ImageInput, required: true, description: "The painting." }) },
    resolve: async (_root, { image }, context) => {
      await using intake = context.transfers.images.intake();
      const painting = await resolveImage(context, intake, image, "image");
      const text = await context.transfers.images.recipe(painting);
      const recipe = text === null ? null : parse(text);
      return recipe && await withOwnPictures(recipe, context);
    },
  }));

/** Null for what is no recipe. */
function parse(text: string): Recipe | null {
  try {
    const recipe: unknown = JSON.parse(text);
    return isObject(recipe) && isObject(recipe["request"]) ? recipe as unknown as Recipe : null;
  } catch {
    return null;
  }
}

/** Puts images of the caller in the place of pictures that go by what is in them. */
async function withOwnPictures({ weights, request }: Recipe, { transfers: { images } }: Context): Promise<object> {
  const missing: Record<string, unknown> = {};
  const filled = async (value: unknown, field: string, depth: number): Promise<unknown> => {
    if (depth === 0 || typeof value !== "object" || value === null) return value;
    if ("sha256" in value || UNKNOWN_WAYS.some((way) => way in value)) {
      const sha256 = "sha256" in value ? value.sha256 : null;
      const found = typeof sha256 === "string" ? await images.find(sha256) : null;
      if (found) return { image: found.id };
      missing[field] = value;
      return null;
    }
    if (Array.isArray(value)) {
      return await Promise.all(value.map((each, i) => filled(each, `${field}.${i}`, depth - 1)));
    }
    const entries = Object.entries(value).map(async ([name, each]) =>
      [name, await filled(each, field === "" ? name : `${field}.${name}`, depth - 1)] as const
    );
    return Object.fromEntries(await Promise.all(entries));
  };
  const asked = Object.fromEntries(Object.entries(request).filter(([name]) => ASKED.has(name)));
  return { weights, request: await filled(asked, "", MAX_DEPTH), missing };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
