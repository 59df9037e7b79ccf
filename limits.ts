/**
 * Limits of a request that are not options of a transfer; those of its options are in `engine/options/table.ts`,
 * those that the operator sets are in `config.ts`.
 *
 * @module
 */
import { real, text, whole } from "./values.ts";

export const LIMITS = {
  /** Style pictures of a transfer. */
  styles: whole(1, 8),
  /** Transfers of a batch. */
  batch: whole(1, 100),
  /** What one variation of a batch is called. */
  variationName: text(1, 100),
  /** Share of one style among the styles. */
  styleWeight: real(0, 1e6),
  /** How large one style is looked at, times the option `styleScale`. */
  styleScale: real(0.25, 4),
  /** Transfers of higher priority run first. */
  priority: whole(-100, 100),
  idempotencyKey: text(1, 255),
  /** Of an API key, and of its owner. */
  keyName: text(1, 100),
  /** An address that a picture is fetched from. */
  url: text(1, 4096),
  /** An address that is told of transfers, and the kinds of event that it is told. */
  webhookUrl: text(1, 2048),
  webhookEvents: whole(1, 5),
  /** Frames of a content that are painted. */
  contentFrames: whole(1, 300),
  /** Points of a transfer's loss history. */
  points: whole(2, 10_000),
  /** Entries of a page. */
  page: whole(0, 100),
  cursor: text(1, 256),
  /** A place in the logs of a batch. */
  batchCursor: text(1, 1024),
  /** Longest side of an encoded frame, in pixels. */
  frameSize: whole(16, 4096),
  /** Of a JPEG. */
  quality: whole(1, 100),
  /** Milliseconds between two events of a subscription. */
  minInterval: whole(0, 60_000),
  /** Classes of a classification. */
  top: whole(1, 1000),
} as const;

/** Webhooks of an owner, those of single transfers not counted. */
export const MAX_WEBHOOKS = 20;

/** Width times height of a moving content, times its frames: decoding it takes seconds. */
export const MAX_CONTENT_PIXELS = 500_000_000;

/** Width times height of what is painted of a moving content, times its frames: writing the result takes seconds. */
export const MAX_MOVING_PIXELS = 100_000_000;

/** Quality of a JPEG when nothing is said. */
export const DEFAULT_QUALITY = 85;
