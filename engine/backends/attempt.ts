/**
 * Tries an engine in a process of its own, so that nothing it loads outlives the trial.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import type { EngineName } from "./engines.ts";
import { computePermissions } from "./permissions.ts";
import { DEFAULT_PRECISION, type Precision } from "./precision.ts";

const PROGRAM = fileURLToPath(new URL("../../try_engine.ts", import.meta.url));
/** A library that takes longer to load and to take a few steps hangs. */
const LONGEST_MILLISECONDS = 60_000;

/** What an engine did. */
export interface Trial {
  /** Of a step at 256×256. */
  readonly seconds: number;
  readonly device: string;
}

/** What the program prints: one line of JSON. */
export type Verdict = Trial | { readonly reason: string };

interface AttemptOptions {
  /** Path of the file of weights that are to be used. */
  readonly weights: string;
  /** The coarsest precision that is allowed. */
  readonly precision?: Precision;
  /** The one GPU that CUDA shows it, by its number; all of them where it is left out. */
  readonly gpu?: number | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal;
  /** The program and how long it may take, for tests. */
  readonly program?: string;
  readonly milliseconds?: number;
}

/**
 * Opens an engine, has it take a few steps, and closes it.
 *
 * @throws {Error} saying in a few words why it will not do: it does not start, has no GPU, computes something else, crashes
 * or hangs.
 */
export async function attemptEngine(engine: EngineName, options: AttemptOptions): Promise<Trial> {
  const { weights, precision = DEFAULT_PRECISION, gpu, program = PROGRAM } = options;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      ...computePermissions([weights]),
      program,
      engine,
      weights,
      precision,
    ],
    env: gpu === undefined ? {} : { CUDA_VISIBLE_DEVICES: String(gpu) },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const limit = AbortSignal.timeout(options.milliseconds ?? LONGEST_MILLISECONDS);
  const given = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  const end = () => child.kill("SIGKILL");
  if (given.aborted) end();
  given.addEventListener("abort", end);
  try {
    const { stdout, code, signal } = await child.output();
    if (given.aborted) throw new Error(limit.aborted ? "hangs" : "given up");
    const verdict = parseVerdict(new TextDecoder().decode(stdout));
    if (verdict === null) throw new Error(`its process ended with ${signal ?? `exit code ${code}`}`);
    if ("reason" in verdict) throw new Error(verdict.reason);
    return verdict;
  } finally {
    given.removeEventListener("abort", end);
  }
}

/** The last line is what counts: libraries may print something else before it. */
function parseVerdict(printed: string): Verdict | null {
  try {
    const verdict = JSON.parse(printed.trimEnd().split("\n").at(-1)!);
    const tried = typeof verdict?.seconds === "number" && typeof verdict.device === "string";
    return tried || typeof verdict?.reason === "string" ? verdict : null;
  } catch {
    return null;
  }
}
