/** `deno task recipe PAINTING`: prints what a painting was made from, which its file says itself. */
import { basename } from "node:path";
import { readRecipe } from "../images/xmp.ts";

const [path] = Deno.args;
if (path === undefined || Deno.args.length > 1) {
  console.error("Cannot read the command line: wanted the file of one painting, as deno task recipe result.png");
  Deno.exit(1);
}
const file = await Deno.readFile(path).catch(() => null);
const recipe = file && await readRecipe(file);
if (recipe === null) {
  const found = file === null ? "no such file" : "no recipe in it";
  console.error(`Cannot read a recipe from "${basename(path)}": found ${found}, wanted a result of Gramcast`);
  Deno.exit(1);
}
/** Strangers write recipes: what a terminal would act on goes as JSON writes it. */
const PLAIN = /[^\x20-\x7e\n]/g;
try {
  const text = JSON.stringify(JSON.parse(recipe), null, 2);
  console.log(text.replaceAll(PLAIN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`));
} catch {
  console.error(`Cannot read a recipe from "${basename(path)}": found one that is no JSON`);
  Deno.exit(1);
}
