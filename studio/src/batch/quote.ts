import { effect, signal } from "@preact/signals";
import { messageOf } from "../api/client.ts";
import type { StartTransferInput } from "../api/operations.ts";
import { thin } from "../media/thin.ts";
import { costOf } from "../state/estimates.ts";
import { NewestQuestion } from "../state/newest_question.ts";
import { mayChange } from "../state/session.ts";
import { batchInput, count } from "./draft.ts";

/** What all paintings together would cost. */
export interface BatchCost {
  /** For all of them, one after the other; null when unknown. */
  readonly seconds: number | null;
  /** Whether each fits the engine's memory. */
  readonly fits: boolean;
}

/** The last answer stays until a newer one replaces it. */
export const batchCost = signal<BatchCost | null>(null);
/** What is wrong with the options; null when nothing is. */
export const batchCostError = signal<string | null>(null);

/** Variations that the server is asked about; the others are taken to be like them. */
const MOST_ASKED = 12;

const question = new NewestQuestion();

effect(() => {
  const input = batchInput.value;
  const paintings = count.value;
  batchCostError.value = null;
  if (!input || !mayChange.value) {
    batchCost.value = null;
    return question.drop();
  }
  const { base, variations } = input;
  const [content, styles] = [input.contents[0]!, input.styles[0]!];
  const inputs = thin(variations ?? [{}], MOST_ASKED, () => 1).map((variation): StartTransferInput => {
    const { name: _, ...options } = variation;
    return { content, styles, ...base, ...options };
  });
  question.ask(
    (signal) => Promise.all(inputs.map((input) => costOf(input, signal))),
    (costs) => {
      const sum = costs.reduce<number | null>(
        (sum, { seconds }) => sum === null || seconds === null ? null : sum + seconds,
        0,
      );
      batchCost.value = {
        seconds: sum === null ? null : sum / costs.length * paintings,
        fits: costs.every(({ fits }) => fits),
      };
    },
    (error) => {
      batchCost.value = null;
      batchCostError.value = messageOf(error);
    },
  );
});
