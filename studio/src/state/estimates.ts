import { effect, signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { type Cost, Estimate, type PresetName, type StartTransferInput } from "../api/operations.ts";
import { presets } from "./catalogue.ts";
import { mayChange } from "./session.ts";
import { plainInput, startInput } from "./draft.ts";

/** What the transfer would cost, and what each preset would. The last answer stays until a newer one replaces it. */
export const estimate = signal<Cost | null>(null);
export const presetEstimates = signal<Partial<Readonly<Record<PresetName, Cost>>>>({});
/** What is wrong with the options; null when nothing is. */
export const estimateError = signal<string | null>(null);

/** Milliseconds without a change before the server is asked. */
const QUIET_MS = 200;

let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | undefined;

effect(() => {
  const chosen = startInput.value;
  const names = presets.value.map(({ name }) => name);
  const inputs = [chosen, ...names.map(plainInput)].filter((input) => input !== null);
  clearTimeout(timer);
  asking?.abort();
  if (!chosen || !mayChange.value) return;
  const controller = asking = new AbortController();
  const costOf = async (input: StartTransferInput) => (await request(Estimate, { input }, controller.signal)).estimate;
  timer = setTimeout(async () => {
    try {
      const [own, ...ofPresets] = await Promise.all(inputs.map(costOf));
      estimate.value = own!;
      presetEstimates.value = Object.fromEntries(names.map((name, i) => [name, ofPresets[i]!]));
      estimateError.value = null;
    } catch (error) {
      if (controller.signal.aborted) return;
      estimate.value = null;
      estimateError.value = messageOf(error);
    }
  }, QUIET_MS);
});
