import type { StepReport } from "../engine/optimisation.ts";

const BAR = 24;

/** Prints a line per step; on a terminal a bar with the time that is left stays beneath them. */
export class ProgressPrinter {
  readonly #steps: number;
  readonly #showTv: boolean;
  readonly #terminal: boolean;
  readonly #write: (text: string) => void;
  #secondsPerStep = 0;

  /** @param options Of the transfer; total variation is only printed where it counts. */
  constructor(options: { steps: number; tvWeight: number }, terminal: boolean, write: (text: string) => void) {
    this.#steps = options.steps;
    this.#showTv = options.tvWeight > 0;
    this.#terminal = terminal;
    this.#write = write;
  }

  step({ step, losses, seconds, size }: StepReport): void {
    const width = String(this.#steps).length;
    const line = `step ${String(step).padStart(width)}/${this.#steps}  ${size.width}×${size.height}  ` +
      `total ${figure(losses.total)}  content ${figure(losses.content)}  style ${figure(losses.style)}` +
      `${this.#showTv ? `  tv ${figure(losses.tv)}` : ""}  ${seconds.toFixed(2)} s`;
    // The first step of a scale also takes the targets, so the mean leans on the latest.
    this.#secondsPerStep = this.#secondsPerStep === 0 ? seconds : 0.7 * this.#secondsPerStep + 0.3 * seconds;
    if (!this.#terminal) return this.#write(`${line}\n`);
    const done = Math.round((step / this.#steps) * BAR);
    const left = (this.#steps - step) * this.#secondsPerStep;
    const bar = `${"█".repeat(done)}${"░".repeat(BAR - done)} ${Math.round((100 * step) / this.#steps)} %`;
    this.#write(`\r\x1b[K${line}\n${bar}${step < this.#steps ? `, ${duration(left)} left at this size` : ""}`);
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
