/**
 * What the tests try a few hundred times, as often as one likes:
 *
 *     deno task fuzz [--count N] [--seed N] [graphql|pictures|weights|sockets|strangers]...
 */
import { parseArgs } from "node:util";
import { fuzzGraphql } from "./graphql.ts";
import { fuzzPictures } from "./pictures.ts";
import { fuzzSockets } from "./sockets.ts";
import { fuzzStrangers } from "./strangers.ts";
import { fuzzWeights } from "./weights.ts";

const TARGETS = {
  graphql: fuzzGraphql,
  pictures: fuzzPictures,
  weights: fuzzWeights,
  sockets: fuzzSockets,
  strangers: fuzzStrangers,
} as const;

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { count: { type: "string", default: "1000" }, seed: { type: "string", default: String(Date.now() | 0) } },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
for (const [name, fuzz] of Object.entries(TARGETS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const begun = performance.now();
  await fuzz(seed, count);
  console.log(
    `${name}: ${count} tried from seed ${seed}, nothing found (${Math.round((performance.now() - begun) / 1000)} s)`,
  );
}
