/**
 * What the expensive fields count in an operation's complexity; a plain field counts 1.
 *
 * @module
 */

/** Encoding or reading a picture: some tens of milliseconds of one core and some 100 kB of response. */
export const PICTURE_COST = 50;

/** Taking a picture in: fetching, checking and decoding it. All that one transfer may have, 27, fit. */
export const INTAKE_COST = 350;

/** Finding a picture that is here already. */
export const LOOKUP_COST = 10;

/** Keeping a new transfer. */
export const START_COST = 200;

/** Keeping one more transfer in the same go: a batch of as many as there may be leaves room for its pictures. */
export const CELL_COST = 20;

/** Counting the transfers of a batch. */
export const BATCH_COST = 10;

/** Reading the transfers of a batch, all of them. */
export const BATCH_READ_COST = 100;

/** Looking through the queue. */
export const QUEUE_COST = 10;

/** A whole VGG16 forward pass at 224 px. */
export const CLASSIFY_COST = 2000;
