import type { Picture } from "../../engine/picture.ts";
import type { EngineSink, EngineStep } from "../process/engine.ts";
import type { Tuning } from "../types.ts";

/** Takes what an engine reports of one frame of a moving content, which counts its own steps, as steps of the transfer. */
export class FrameSink implements EngineSink {
  readonly #sink: EngineSink;
  readonly #before: number;

  /** @param before Steps of the frames before it. */
  constructor(sink: EngineSink, before: number) {
    this.#sink = sink;
    this.#before = before;
  }

  async step(report: EngineStep): Promise<void> {
    // The start picture of a later frame is no step: the one before it is the last picture of another.
    if (report.step === 0 && this.#before > 0) return;
    await this.#sink.step({ ...report, step: this.#before + report.step });
  }

  async checkpoint(step: number, bytes: Uint8Array, picture: Picture): Promise<void> {
    // Before its first step a later frame has nothing to go on from.
    if (step === 0 && this.#before > 0) return;
    await this.#sink.checkpoint(this.#before + step, bytes, picture);
  }

  async retuned(tuning: Tuning): Promise<void> {
    await this.#sink.retuned({ ...tuning, afterStep: this.#before + tuning.afterStep });
  }
}

/** A tuning of a transfer, its step counted as a frame does that begins after `before` steps. */
export function withinFrame(tuning: Tuning, before: number): Tuning {
  return { ...tuning, afterStep: tuning.afterStep - before };
}
