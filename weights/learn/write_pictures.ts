/**
 * Writes training pictures for `contrast.py`, as red, green and blue bytes one picture after the other:
 *
 *     deno run --allow-write weights/learn/write_pictures.ts FROM COUNT SIDE FILE [SEED]
 *
 * A picture of 256×256 takes half a second; several of these may write different numbers at a time.
 *
 * @module
 */
import { trainingPicture } from "./pictures.ts";

const [from, count, side, path, seed = "1"] = Deno.args;
if (path === undefined) {
  console.error("Cannot write pictures: wanted FROM COUNT SIDE FILE [SEED]");
  Deno.exit(1);
}
const end = Number(from) + Number(count);
const file = await Deno.open(path, { write: true, create: true, truncate: true });
const writer = file.writable.getWriter();
for (let index = Number(from); index < end; index++) {
  await writer.write(trainingPicture(Number(seed), index, Number(side)).rgb as Uint8Array<ArrayBuffer>);
}
await writer.close();
