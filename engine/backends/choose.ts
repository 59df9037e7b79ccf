/**
 * What `ENGINE=auto` takes.
 *
 * Native libraries do not get along: TensorFlow's and a software driver for Vulkan each bring an LLVM, and the process ends
 * with SIGSEGV when the second is loaded; a broken driver may end it at any time. So each candidate is tried in a process of
 * its own, and the one that computes has never loaded any other.
 *
 * @module
 */
import type { Trial } from "./attempt.ts";
import { type EngineName, LAST_ENGINE } from "./engines.ts";
import { reasonOf } from "./reason.ts";
import { isInstalled } from "./tensorflow/runtime.ts";
import { hasGpu } from "./webgpu_adapter.ts";

/** In the order in which they are tried. The CPU's is among them, for a small GPU may be slower than a large CPU. */
const AUTO: readonly EngineName[] = ["tensorflow", "webgpu", LAST_ENGINE];

export interface ChooseOptions {
  /** Opens an engine in a process of its own; rejects with what is wrong. */
  readonly attempt: (engine: EngineName) => Promise<Trial>;
  /** Told in one line each what was tried, and why it was refused. */
  readonly log: (line: string) => void;
  /** Engines that are left out, but for the last. */
  readonly without?: readonly string[];
  /** Why an engine need not be tried at all, or null: what can be seen without loading anything. */
  readonly absence?: (engine: EngineName) => string | null;
}

/**
 * Finds the fastest engine that works here.
 *
 * @param engine A name, which is given back, or `auto`.
 */
export async function chooseEngine(engine: string, options: ChooseOptions): Promise<string> {
  if (engine !== "auto") return engine;
  const seconds = new Map<EngineName, number>();
  for (const candidate of AUTO) {
    // With nothing to compare it with, opening it is all the trial that it needs.
    if (candidate === LAST_ENGINE && seconds.size === 0) return candidate;
    const taken = await attempt(candidate, options);
    if (taken !== null) seconds.set(candidate, taken);
  }
  const fastest = [...seconds].sort(([, a], [, b]) => a - b)[0];
  return fastest?.[0] ?? LAST_ENGINE;
}

/** Seconds of a step, or null where it will not do. */
async function attempt(
  engine: EngineName,
  { attempt, log, without = [], absence = whyAbsent }: ChooseOptions,
): Promise<number | null> {
  try {
    const left = engine !== LAST_ENGINE && without.includes(engine);
    const reason = left ? "left out: it was lost again and again" : absence(engine);
    if (reason !== null) throw new Error(reason);
    const { seconds, device } = await attempt(engine);
    log(`Engine ${engine}: ${(1000 * seconds).toPrecision(3)} ms a step at 256×256 on ${device}`);
    return seconds;
  } catch (error) {
    log(`Engine ${engine}: ${reasonOf(error)}`);
    return null;
  }
}

function whyAbsent(engine: EngineName): string | null {
  if (engine === "tensorflow" && !isInstalled()) return "not installed";
  if (engine === "webgpu" && !hasGpu()) return "no GPU found";
  return null;
}
