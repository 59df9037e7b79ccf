import { fileURLToPath } from "node:url";
import { stepFlops } from "../../../engine/estimate/estimate.ts";
import type { TransferRequest } from "../../../engine/options/options.ts";
import type { Picture } from "../../../engine/picture.ts";
import { resolveOptions } from "../../../engine/options/resolve.ts";
import { encodePicture } from "../../../images/encode.ts";
import { SHIPPED_WEIGHTS } from "../../../weights/shipped.ts";
import { SystemClock } from "../../clock.ts";
import { SILENT_LOG } from "../../log.ts";
import type { Tuning } from "../../types.ts";
import type { Launch } from "../engine_process.ts";
import type { EngineJob, EngineSink, EngineStep } from "../engine.ts";
import { launchEngine } from "../launch.ts";
import { Supervisor, type SupervisorOptions } from "../supervisor.ts";

const FALSE_CHILD = fileURLToPath(new URL("./false_child.ts", import.meta.url));

/** A supervisor of real engine processes with the weights that ship. */
export function realSupervisor(options: Partial<SupervisorOptions> = {}): Supervisor {
  return new Supervisor({
    launch: (weights) => launchEngine("onnx:cpu", weights, 5),
    launchClassifier: (weights) => launchEngine("onnx:cpu", weights, 5, { dense: true }),
    findWeights: () => SHIPPED_WEIGHTS,
    stepFlops: ({ options }) => stepFlops(options, options),
    memoryBytes: 2 ** 33,
    silenceMilliseconds: 30_000,
    clock: new SystemClock(),
    log: SILENT_LOG,
    ...options,
  });
}

/** The option that starts processes that misbehave as `mischief` says. */
export function falseChild(mischief: string): { launch: () => Launch } {
  const args = ["run", "--quiet", "--no-prompt", "--no-check", FALSE_CHILD, mischief];
  return { launch: () => ({ command: Deno.execPath(), args }) };
}

/** A job on pictures of 40×32 pixels. */
export async function smallJob(request: TransferRequest, checkpoint: Uint8Array | null = null): Promise<EngineJob> {
  const size = { width: 40, height: 32 };
  return {
    options: resolveOptions({ preset: "FAST", size: 32, ...request }, size, 1),
    tunings: [],
    content: await gradient(size.width, size.height, 3),
    styles: [{ picture: await gradient(36, 36, 17), weight: 1, scale: 1, mask: null, region: null }],
    contentMask: null,
    initPicture: null,
    checkpoint,
  };
}

/** A picture of so many pixels on each side that hardly compresses, as a file. */
export function noise(side: number): Promise<Uint8Array> {
  const rgb = new Uint8Array(3 * side * side);
  for (let i = 0, state = 1; i < rgb.length; i++) rgb[i] = (state = (state * 48271) % 2147483647) >> 8;
  return encodePicture({ width: side, height: side, rgb }, { format: "PNG" });
}

function gradient(width: number, height: number, factor: number): Promise<Uint8Array> {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * factor) % 256);
  return encodePicture({ width, height, rgb }, { format: "PNG" });
}

/** Keeps everything that is reported. */
export class Recorder implements EngineSink {
  readonly steps: EngineStep[] = [];
  readonly checkpoints: { step: number; bytes: Uint8Array; picture: Picture }[] = [];
  readonly tunings: Tuning[] = [];
  /** Called at each step. */
  onStep: (step: EngineStep) => void | Promise<void> = () => {};

  async step(step: EngineStep): Promise<void> {
    this.steps.push(step);
    await this.onStep(step);
  }

  checkpoint(step: number, bytes: Uint8Array, picture: Picture): Promise<void> {
    this.checkpoints.push({ step, bytes, picture });
    return Promise.resolve();
  }

  retuned(tuning: Tuning): Promise<void> {
    this.tunings.push(tuning);
    return Promise.resolve();
  }
}
