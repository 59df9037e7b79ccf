import type { StepReport } from "../engine/descent/optimisation.ts";
import type { TransferOptions } from "../engine/options/options.ts";
import { frameOfStep, framesIn, type MovingSchedule, stepsInAll } from "../engine/options/moving_schedule.ts";
import { workDone } from "../engine/descent/work_done.ts";

const BAR = 24;

/** Prints a line per step; on a terminal a bar with the time that is left stays beneath them. */
export class ProgressPrinter {
  readonly #options: MovingSchedule;
  readonly #showTv: boolean;
  readonly #terminal: boolean;
  readonly #write: (text: string) => void;
  #secondsPerStep = 0;

  /** @param options Of the transfer; total variation is only printed where it counts. */
  constructor(
    options: MovingSchedule & Pick<TransferOptions, "tvWeight">,
    terminal: boolean,
    write: (text: string) => void,
  ) {
    this.#options = options;
    this.#showTv = options.tvWeight > 0;
    this.#terminal = terminal;
    this.#write = write;
  }

  step({ step, losses, seconds, size }: StepReport): void {
    const steps = stepsInAll(this.#options);
    const frames = framesIn(this.#options);
    const frame = frames > 1 ? `frame ${frameOfStep(this.#options, step).frame + 1}/${frames}  ` : "";
    const width = String(steps).length;
    const line = `step ${String(step).padStart(width)}/${steps}  ${frame}${size.width}×${size.height}  ` +
      `total ${figure(losses.total)}  content ${figure(losses.content)}  style ${figure(losses.style)}` +
      `${this.#showTv ? `  tv ${figure(losses.tv)}` : ""}  ${seconds.toFixed(2)} s`;
    // The first step of a scale also takes the targets, so the mean leans on the latest.
    this.#secondsPerStep = this.#secondsPerStep === 0 ? seconds : 0.7 * this.#secondsPerStep + 0.3 * seconds;
    if (!this.#terminal) return this.#write(`${line}\n`);
    const done = workDone(this.#options, step);
    const left = (1 - done) * this.#secondsPerStep / (done - workDone(this.#options, step - 1));
    const filled = Math.round(done * BAR);
    const bar = `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${Math.round(100 * done)} %`;
    this.#write(`\r\x1b[K${line}\n${bar}${step < steps ? `, about ${duration(left)} left` : ""}`);
  }

  /** Leaves the bar, where there is one, as it is: what is printed next has a line of its own. */
  end(): void {
    if (this.#terminal) this.#write("\n");
  }
}

function figure(value: number): string {
  return value.toExponential(4);
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
}
