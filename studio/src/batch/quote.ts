import { effect, signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { EstimateSeveral, type EstimateSeveralData } from "../api/operations.ts";
import { NewestQuestion } from "../state/newest_question.ts";
import { mayChange } from "../state/session.ts";
import { batchInput } from "./draft.ts";

/** What all paintings together would cost. */
export type BatchCost = EstimateSeveralData["estimateBatch"];

/** The last answer stays until a newer one replaces it. */
export const batchCost = signal<BatchCost | null>(null);
/** What is wrong with the options; null when nothing is. */
export const batchCostError = signal<string | null>(null);

const question = new NewestQuestion();

effect(() => {
  const input = batchInput.value;
  batchCostError.value = null;
  if (!input || !mayChange.value) {
    batchCost.value = null;
    return question.drop();
  }
  question.ask(
    async (signal) => (await request(EstimateSeveral, { input }, signal)).estimateBatch,
    (cost) => batchCost.value = cost,
    (error) => {
      batchCost.value = null;
      batchCostError.value = messageOf(error);
    },
  );
});
