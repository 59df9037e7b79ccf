import assert from "node:assert/strict";
import { PRESET_NAMES } from "../engine/options/options.ts";
import { resolveOptions } from "../engine/options/resolve.ts";
import { OPTION_NAMES } from "../engine/options/table.ts";
import { ApiStage } from "./testing/api_stage.ts";
import { fail, PICTURES, run } from "./testing/execute.ts";

const FACTS =
  "name kind label description unit minimum maximum choices choiceLabels onlyWith retunable defaults { preset value }";

interface Facts {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly choices: string[] | null;
  readonly choiceLabels: string[] | null;
  readonly retunable: boolean;
  readonly defaults: { readonly preset: string; readonly value: unknown }[];
  readonly parts: Facts[] | null;
}

async function askOptions(): Promise<readonly Facts[]> {
  await using stage = await ApiStage.open();
  return (await run(stage, `{ options { ${FACTS} parts { ${FACTS} } } }`)).options;
}

Deno.test("Query.options gives every option with what a form for it needs", async () => {
  const options = await askOptions();
  assert.deepEqual(options.map(({ name }) => name), OPTION_NAMES);
  for (const option of options.flatMap((option) => [option, ...option.parts ?? []])) {
    assert.match(option.description, /^[A-Z].*[^.]\.$/s, option.name);
    assert.equal(option.choices === null, option.kind !== "CHOICE", option.name);
    assert.equal(option.choiceLabels?.length, option.choices?.length);
    const isRange = ["INTEGER", "NUMBER", "LAYERS", "SCALES"].includes(option.kind);
    assert.equal(option.minimum !== null && option.maximum! > option.minimum, isRange, option.name);
    assert.deepEqual(option.defaults.map(({ preset }) => preset), PRESET_NAMES);
  }
  const retunable = options.flatMap((option) => [option, ...option.parts ?? []]).filter(({ retunable }) => retunable);
  assert.deepEqual(retunable.map(({ name }) => name), ["contentWeight", "styleWeight", "tvWeight", "learningRate"]);
});

Deno.test("the defaults of Query.options, given to another preset, make it the one that they belong to", async () => {
  const options = await askOptions();
  const content = { width: 300, height: 200 };
  for (const preset of PRESET_NAMES) {
    const defaults = options.map(({ name, defaults }) => [name, defaults.find((one) => one.preset === preset)!.value]);
    // The schedule is said in two ways, either of which is enough.
    const { steps: _, ...request } = Object.fromEntries(defaults);
    const resolved = resolveOptions({ ...request, preset: "CLASSIC" }, content, 7);
    assert.deepEqual({ ...resolved, preset }, resolveOptions({ preset }, content, 7));
  }
});

Deno.test("what Query.options says is out of range is refused at that very option", async () => {
  await using stage = await ApiStage.open();
  const operation = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
  for (const { name, kind, minimum, maximum } of await askOptions()) {
    if (kind !== "NUMBER" && kind !== "INTEGER") continue;
    // GraphQL's Int cannot say what is beyond a seed.
    for (const value of name === "seed" ? [] : [minimum! - 1, maximum! * 2]) {
      const error = await fail(stage, operation, { input: { ...PICTURES, [name]: value } });
      assert.deepEqual([error.code, error.field], ["BAD_USER_INPUT", name]);
      assert.ok(error.message.endsWith(`from ${minimum} to ${maximum}`), error.message);
    }
  }
});
