import { type ReadonlySignal, type Signal, useSignal } from "@preact/signals";
import type { RequestKey } from "../api/request_key.ts";
import { navigate } from "../state/route.ts";
import { useAttempt } from "./attempt.ts";

/**
 * What one button of a page does: starts what has been put together there, once however often it is pressed, and shows it.
 *
 * @param send Asks the server, and answers the path of what it has started.
 */
export function useStart<Input extends object>(
  input: ReadonlySignal<Input | null>,
  key: RequestKey,
  send: (input: Input & { readonly idempotencyKey: string }) => Promise<string>,
): [start: () => Promise<void>, problem: Signal<string | null>] {
  const starting = useSignal(false);
  const [attempt, problem] = useAttempt();
  const start = async () => {
    const { value } = input;
    if (!value || starting.value) return;
    starting.value = true;
    await attempt(async () => {
      const path = await send({ ...value, idempotencyKey: key.for(value) });
      key.answered();
      navigate(path);
    });
    starting.value = false;
  };
  return [start, problem];
}
