/** What `deno task fuzz` tries as often as one likes, a few hundred times, always the same. */
import { fuzzGraphql } from "./graphql.ts";
import { fuzzPictures } from "./pictures.ts";
import { fuzzSockets } from "./sockets.ts";
import { fuzzStrangers } from "./strangers.ts";
import { fuzzWeights } from "./weights.ts";

const SEED = 20_261_129;

const BEHAVIOURS = [
  ["operations over every way in are answered, without a bug and without the server's inside", fuzzGraphql, 300],
  ["pictures, damaged or false, give a picture or an error of ours", fuzzPictures, 400],
  ["files of weights, damaged or false, give weights or an error of ours", fuzzWeights, 400],
  ["broken handshakes, frames and messages are refused, and leave nothing behind", fuzzSockets, 300],
  ["strangers are told that they are not known, and nothing else", fuzzStrangers, 300],
] as const;

for (const [behaviour, fuzz, count] of BEHAVIOURS) {
  Deno.test(`a few hundred ${behaviour}`, () => fuzz(SEED, count));
}
