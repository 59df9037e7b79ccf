/** Wrong values are refused alike, whichever way they come in. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { TransferRequest } from "../engine/options/options.ts";
import { TUNABLES } from "../engine/options/retune.ts";
import { anyRefused, anyWrongNumber } from "../engine/testing/requests.ts";
import { GramcastError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { PICTURES } from "../schema/testing/execute.ts";
import { type Answer, type FakeServer, serveFake } from "../server/testing/serve_fake.ts";
import { parseTransferArguments } from "../terminal/arguments.ts";
import { flagsOf } from "../terminal/testing/flags_of.ts";
import { checkStartRequest } from "../transfers/life/start_request.ts";

interface Refusal {
  readonly code: string;
  readonly field: string | undefined;
  readonly message: string;
}

const START = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
const ESTIMATE = "query ($input: StartTransferInput!) { estimate(input: $input) { steps } }";
const RETUNE =
  "mutation ($id: ID!, $input: RetuneInput!) { retuneTransfer(id: $id, input: $input) { transfer { id } } }";

/** What GraphQL's own types refuse, before any value is looked at: numbers that are not whole, unknown enum values. */
const BY_TYPE = /^Cannot use variable \$input at /;

function refusalBy(call: () => unknown): Refusal {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof GramcastError, String(error));
    return { code: error.code, field: error.field, message: error.message };
  }
  throw new Error("nothing was refused");
}

function refusalOf({ errors: [error] }: Answer): Refusal {
  assert.ok(error);
  return { code: error.extensions.code, field: error.extensions.field, message: error.message };
}

function fromTerminal(...flags: string[]): Refusal {
  return refusalBy(() => parseTransferArguments(["--content=a", "--style=b", "--out=c", ...flags]));
}

function fromService(request: TransferRequest, styles = [{ weight: 1 }]): Refusal {
  return refusalBy(() => checkStartRequest({ ...request, priority: 0, idempotencyKey: null }, styles, false));
}

/** The same refusal, in the same words unless GraphQL's types were faster. */
function assertSame(found: Refusal, wanted: Refusal): void {
  assert.deepEqual([found.code, found.field], [wanted.code, wanted.field], found.message);
  if (!BY_TYPE.test(found.message)) assert.equal(found.message, wanted.message);
}

async function fromApi({ post }: FakeServer, input: object): Promise<readonly Refusal[]> {
  return [
    refusalOf(await post(START, { input: { ...PICTURES, ...input } })),
    refusalOf(await post(ESTIMATE, { input: { ...PICTURES, ...input } })),
  ];
}

Deno.test("a wrong option is refused in the same words, at the same field, by the API, the terminal and the service", async () => {
  await using fake = await serveFake();
  await fc.assert(
    fc.asyncProperty(anyRefused(), async ({ request }) => {
      const wanted = fromService(request);
      assert.deepEqual(fromTerminal(...flagsOf(request)), wanted);
      for (const refusal of await fromApi(fake, request)) assertSame(refusal, wanted);
    }),
    { seed: 5, numRuns: 200 },
  );
  assert.equal(await fake.services.started(), 0);
});

Deno.test("wrong weights of styles, and too many of them, are refused alike by the API, the terminal and the service", async () => {
  await using fake = await serveFake();
  const anyWeights = fc.oneof(
    anyWrongNumber(LIMITS.styleWeight).map((weight) => [weight]),
    anyWrongNumber(LIMITS.styleWeight).map((weight) => [1, weight]),
    fc.constantFrom([0], [0, 0], Array<number>(LIMITS.styles.maximum + 1).fill(1)),
  );
  await fc.assert(
    fc.asyncProperty(anyWeights, async (weights) => {
      const wanted = fromService({}, weights.map((weight) => ({ weight })));
      const more = weights.slice(1).map(() => "--style=b");
      assert.deepEqual(fromTerminal(...more, `--style-weights=${weights.join(",")}`), wanted);
      const styles = weights.map((weight) => ({ ...PICTURES.styles[0], weight }));
      for (const refusal of await fromApi(fake, { styles })) assertSame(refusal, wanted);
    }),
    { seed: 6, numRuns: 30 },
  );
});

Deno.test("what may change while a transfer runs is refused by retuneTransfer in the words of startTransfer", async () => {
  await using fake = await serveFake();
  const id = await fake.start({ size: 64, steps: 5 });
  const anyTuning = fc.constantFrom(...TUNABLES).chain((tunable) =>
    anyWrongNumber(tunable.value).map((n) => ({ tunable, n }))
  );
  await fc.assert(
    fc.asyncProperty(anyTuning, async ({ tunable: { name, path: [option, part] }, n }) => {
      const request = part === undefined ? { [option]: n } : { [option]: { kind: "ADAM", [part]: n } };
      const wanted = fromService(request);
      const path = part === undefined ? option : `${option}.${part}`;
      assert.equal(wanted.field, path);
      assert.deepEqual(refusalOf(await fake.post(RETUNE, { id, input: { [name]: n } })), {
        ...wanted,
        field: name,
        message: wanted.message.replace(path, name),
      });
    }),
    { seed: 7, numRuns: 50 },
  );
});

Deno.test("the quality of a JPEG is refused alike by the API and the terminal", async () => {
  await using fake = await serveFake();
  const id = await fake.start({ size: 64, steps: 5, frameEvery: 1 });
  await fake.services.step();
  const query = "query ($id: ID!, $q: Int) { transfer(id: $id) { frame { base64(quality: $q) } } }";
  for (const q of [LIMITS.quality.minimum - 1, LIMITS.quality.maximum + 1, -5]) {
    assert.deepEqual(refusalOf(await fake.post(query, { id, q })), fromTerminal(`--quality=${q}`));
  }
});
