import { fuzzPictures } from "./pictures.ts";

Deno.test("a few hundred pictures, damaged or false, give a picture or an error of ours", () =>
  fuzzPictures(20_261_129, 400));
