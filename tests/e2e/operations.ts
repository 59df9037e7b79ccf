/** What the clients of these tests ask for, and what they must see. */
import assert from "node:assert/strict";
import { decodePicture } from "../../images/decode.ts";

export const STEPS = 6;

/** A transfer of samples that takes a second. */
export const SMALL = {
  content: { sample: "city-at-night" },
  styles: [{ image: { sample: "starry-swirls" } }],
  preset: "FAST",
  scales: [{ size: 32, steps: STEPS - 2 }, { size: 48, steps: 2 }],
  frameEvery: 1,
  keepFrames: true,
} as const;

/** One that goes on until it is cancelled. */
export const ENDLESS = { ...SMALL, scales: [{ size: 32, steps: 10_000 }], keepFrames: false };

export const START = /* GraphQL */ `
  mutation Start($input: StartTransferInput!) {
    startTransfer(input: $input) { transfer { id status steps content { mimeType width height } } }
  }
`;

export const FOLLOW = /* GraphQL */ `
  subscription Follow($id: ID!, $after: Int) {
    transferProgress(id: $id, after: $after) {
      sequence
      status
      step
      losses { total content style }
      frame { step width height dataUrl(format: PNG) }
      transfer { result { id url } }
    }
  }
`;

/** Two contents with two styles, each as small as `SMALL`. */
export const SHEET = {
  contents: ["city-at-night", "mountain-lake"].map((sample) => ({ sample })),
  styles: ["starry-swirls", "geometry"].map((sample) => [{ image: { sample } }]),
  base: { preset: "FAST", scales: [{ size: 32, steps: STEPS }], frameEvery: 1 },
} as const;

export const START_BATCH = /* GraphQL */ `
  mutation Start($input: StartBatchInput!) { startBatch(input: $input) { batch { id count } } }
`;

export const FOLLOW_BATCH = /* GraphQL */ `
  subscription Follow($id: ID!, $after: String) {
    batchProgress(id: $id, after: $after) {
      cursor
      sequence
      status
      done
      count
      transfer { id place { contentIndex styleIndex } result { id url } }
      progress { sequence status step losses { total content style } frame { step width height dataUrl(format: PNG) } transfer { result { id url } } }
    }
  }
`;

export interface BatchStarted {
  readonly startBatch: { readonly batch: { readonly id: string; readonly count: number } };
}

export interface BatchFollowed {
  readonly batchProgress: {
    readonly cursor: string;
    readonly sequence: number;
    readonly status: string;
    readonly done: number;
    readonly count: number;
    readonly transfer: {
      readonly id: string;
      readonly place: { readonly contentIndex: number; readonly styleIndex: number };
    };
    readonly progress: Progress;
  };
}

export interface Started {
  readonly startTransfer: {
    readonly transfer: {
      readonly id: string;
      readonly status: string;
      readonly steps: number;
      readonly content: { readonly mimeType: string; readonly width: number; readonly height: number };
    };
  };
}

export interface Progress {
  readonly sequence: number;
  readonly status: string;
  readonly step: number;
  readonly losses: { readonly total: number; readonly content: number; readonly style: number } | null;
  readonly frame:
    | { readonly step: number; readonly width: number; readonly height: number; readonly dataUrl: string }
    | null;
  readonly transfer: { readonly result: { readonly id: string; readonly url: string } | null };
}

export interface Followed {
  readonly transferProgress: Progress;
}

/** What GraphQL clients hand out for an operation; each types its errors in its own way. */
interface Result<T> {
  readonly data?: T | null | undefined;
  readonly error?: unknown;
  readonly errors?: unknown;
}

/** The data of a result. @throws {Error} when there are errors. */
export function dataOf<T>({ data, error, errors }: Result<T>): T {
  assert.deepEqual([error, errors], [undefined, undefined]);
  assert.ok(data);
  return data;
}

/** A whole transfer, from its first event to its last: no hole, no repeat, all losses, pictures that can be read. */
export async function assertWhole(events: readonly Progress[]): Promise<void> {
  assert.deepEqual(events.map(({ sequence }) => sequence), events.map((_, i) => i + 1));
  const statuses = events.map(({ status }) => status).filter((status, i, all) => status !== all[i - 1]);
  assert.deepEqual(statuses, ["QUEUED", "RUNNING", "SUCCEEDED"]);
  const steps = events.filter(({ losses }) => losses !== null);
  assert.deepEqual(steps.map(({ step }) => step), Array.from({ length: STEPS }, (_, i) => i + 1));
  for (const { losses } of steps) assert.ok(losses!.total > 0 && Number.isFinite(losses!.total));
  const frame = events.findLast(({ frame }) => frame !== null)?.frame;
  assert.ok(frame, "no frame arrived");
  const picture = await readDataUrl(frame.dataUrl);
  assert.deepEqual([picture.width, picture.height], [frame.width, frame.height]);
  assert.ok(events.at(-1)!.transfer.result, "no result at the end");
}

async function readDataUrl(url: string) {
  const [head, base64] = url.split(",");
  assert.equal(head, "data:image/png;base64");
  return await decodePicture(Uint8Array.fromBase64(base64!), { maxBytes: 1e6, maxPixels: 1e6 });
}
