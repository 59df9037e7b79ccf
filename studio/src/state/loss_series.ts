import { signal } from "@preact/signals";

/** The losses by step, column by column as a plot wants them. */
export class LossSeries {
  /** Counts up with every change. */
  readonly version = signal(0);
  #steps: number[] = [];
  readonly #columns = new Map<string, (number | null)[]>();

  /** Steps in rising order. */
  get steps(): readonly number[] {
    return this.#steps;
  }

  get lastStep(): number {
    return this.#steps.at(-1) ?? 0;
  }

  /** Names of the columns in the order in which they came. */
  get names(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /** Values of a column, one for each step; null where a logarithm has no value. */
  column(name: string): readonly (number | null)[] {
    return this.#columns.get(name) ?? this.#steps.map(() => null);
  }

  /** Newest value of a column. */
  last(name: string): number | null {
    return this.#columns.get(name)?.at(-1) ?? null;
  }

  /** Adds a step; one that is not newer than the last is known already. */
  add(step: number, values: Readonly<Record<string, number>>): void {
    if (step <= this.lastStep) return;
    for (const name of Object.keys(values)) {
      if (!this.#columns.has(name)) this.#columns.set(name, this.#steps.map(() => null));
    }
    this.#steps.push(step);
    for (const [name, column] of this.#columns) {
      const value = values[name];
      column.push(value !== undefined && value > 0 ? value : null);
    }
    this.version.value++;
  }

  /** Adds points from anywhere among the steps; those that are there already stay. */
  merge(points: readonly { readonly step: number; readonly [name: string]: number }[]): void {
    const known = new Set(this.#steps);
    const added = points.filter(({ step }) => !known.has(step));
    if (added.length === 0) return;
    const all = new Map<number, Record<string, number>>();
    this.#steps.forEach((step, i) => {
      const present = [...this.#columns].map(([name, column]) => [name, column[i]] as const);
      all.set(step, Object.fromEntries(present.filter((entry): entry is [string, number] => entry[1] != null)));
    });
    for (const { step, ...values } of added) all.set(step, values);
    this.#steps = [];
    this.#columns.clear();
    for (const step of [...all.keys()].sort((a, b) => a - b)) this.add(step, all.get(step)!);
  }
}
