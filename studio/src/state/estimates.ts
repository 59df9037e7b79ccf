import { effect, signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { type Cost, Estimates, type PresetName } from "../api/operations.ts";
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
  const names = ["FAST", "BALANCED", "QUALITY", "CLASSIC", "GATYS", "JOHNSON"] as const;
  const [fast, balanced, quality, classic, gatys, johnson] = names.map(plainInput);
  clearTimeout(timer);
  asking?.abort();
  if (!chosen || !fast || !balanced || !quality || !classic || !gatys || !johnson) return;
  const variables = { chosen, fast, balanced, quality, classic, gatys, johnson };
  const controller = asking = new AbortController();
  timer = setTimeout(async () => {
    try {
      const { chosen, ...ofPresets } = await request(Estimates, variables, controller.signal);
      estimate.value = chosen;
      presetEstimates.value = ofPresets;
      estimateError.value = null;
    } catch (error) {
      if (controller.signal.aborted) return;
      estimate.value = null;
      estimateError.value = messageOf(error);
    }
  }, QUIET_MS);
});
