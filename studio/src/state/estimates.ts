import { effect, signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { type Cost, Estimate, type PresetName, type StartTransferInput } from "../api/operations.ts";
import { presets } from "./catalogue.ts";
import { plainInput, startInput } from "./draft.ts";
import { NewestQuestion } from "./newest_question.ts";
import { mayChange } from "./session.ts";

/** What the transfer would cost, and what each preset would. The last answer stays until a newer one replaces it. */
export const estimate = signal<Cost | null>(null);
export const presetEstimates = signal<Partial<Readonly<Record<PresetName, Cost>>>>({});
/** What is wrong with the options; null when nothing is. */
export const estimateError = signal<string | null>(null);

/** What one transfer would cost. @throws {RequestError} */
async function costOf(input: StartTransferInput, signal: AbortSignal): Promise<Cost> {
  return (await request(Estimate, { input }, signal)).estimate;
}

const question = new NewestQuestion();

effect(() => {
  const chosen = startInput.value;
  const names = presets.value.map(({ name }) => name);
  const inputs = [chosen, ...names.map(plainInput)].filter((input) => input !== null);
  if (!chosen || !mayChange.value) return question.drop();
  question.ask(
    (signal) => Promise.all(inputs.map((input) => costOf(input, signal))),
    ([own, ...ofPresets]) => {
      estimate.value = own!;
      presetEstimates.value = Object.fromEntries(names.map((name, i) => [name, ofPresets[i]!]));
      estimateError.value = null;
    },
    (error) => {
      estimate.value = null;
      estimateError.value = messageOf(error);
    },
  );
});
