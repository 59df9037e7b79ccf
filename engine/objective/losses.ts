/** What stands for a layer in the loss of the palette, see `palette.ts`: it is of the pixels themselves. */
export const PALETTE = "palette";

/** Loss of one layer or of the palette, weighted by its own weight but not by contentWeight or styleWeight. */
export interface LayerLoss {
  readonly layer: string;
  readonly kind: "content" | "style";
  readonly value: number;
}

/** The losses of a step (see `StepReport`): `total = contentWeight · content + styleWeight · style + tvWeight · tv`, and what `temporalWeight` adds. */
export interface Losses {
  readonly total: number;
  readonly content: number;
  readonly style: number;
  readonly tv: number;
  readonly layers: readonly LayerLoss[];
}

/** The losses of one step without its layers, as a plot needs them. */
export interface LossPoint {
  readonly step: number;
  readonly total: number;
  readonly content: number;
  readonly style: number;
  readonly tv: number;
}
