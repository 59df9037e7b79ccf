import { type Signal, useSignal } from "@preact/signals";
import { messageOf } from "../api/client.ts";

/** For work that may be refused: does it, and keeps what to tell a person when it was. */
export function useAttempt(): [attempt: (work: () => Promise<void>) => Promise<void>, problem: Signal<string | null>] {
  const problem = useSignal<string | null>(null);
  const attempt = async (work: () => Promise<void>) => {
    problem.value = null;
    try {
      await work();
    } catch (error) {
      problem.value = messageOf(error);
    }
  };
  return [attempt, problem];
}
