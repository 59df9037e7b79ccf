/** The frame before one of a moving picture, by whatever stands for its pictures: decoded ones, or the bytes of files. */
export interface FrameBefore<Picture> {
  /** What was to be painted. */
  readonly content: Picture;
  /**
   * What was painted, in the size of the result, with 8 bits and without loss: frames are the same whether the one before
   * is at hand or was read from a file.
   */
  readonly result: Picture;
}
