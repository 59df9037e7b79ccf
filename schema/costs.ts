/**
 * What the expensive fields count in an operation's complexity; a plain field counts 1.
 *
 * @module
 */

/** Encoding or reading a picture: some tens of milliseconds of one core and some 100 kB of response. */
export const PICTURE_COST = 50;

/** Taking a picture in: fetching, checking and decoding it. */
export const INTAKE_COST = 100;

/** A whole VGG16 forward pass at 224 px. */
export const CLASSIFY_COST = 2000;
