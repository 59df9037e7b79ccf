import { GramcastError } from "../errors.ts";
import type { Description } from "./describe_worker.ts";
import type { WeightsDescription } from "./loaded_weights.ts";

/**
 * Checks parameters and says what they are, in a thread of its own: to read and check them takes seconds, in which the
 * caller's thread is free.
 *
 * @param path As for `loadWeights`.
 * @throws {GramcastError} WEIGHTS_UNREADABLE naming file, layer, what was found and what was wanted.
 */
export async function describeWeights(path: string): Promise<WeightsDescription> {
  const worker = new Worker(new URL("./describe_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: { read: [path] } },
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<Description>();
    worker.onmessage = ({ data }: MessageEvent<Description>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(path);
    const answer = await promise;
    if ("code" in answer) throw new GramcastError(answer.code, answer.message);
    return answer;
  } finally {
    worker.terminate();
  }
}
