/** An optimiser's memory as named arrays and numbers: all that is needed to go on to the byte. */
export interface OptimizerState {
  readonly numbers: Readonly<Record<string, number>>;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}
