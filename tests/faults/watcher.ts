import assert from "node:assert/strict";
import { createClient } from "graphql-ws";
import { webSocketUrl } from "../testing/client.ts";
import { type Address, addressNow } from "./client.ts";

/** The subscription, with more that is asked for. */
export function follow(more: string): string {
  return `subscription Follow($id: ID!, $after: Int) {
    transferProgress(id: $id, after: $after) { sequence status step losses { total } skippedFrames ${more} }
  }`;
}

interface Progress {
  readonly transferProgress: {
    readonly sequence: number;
    readonly status: string;
    readonly step: number;
    readonly losses: { readonly total: number } | null;
  };
}

/** What a watcher has seen of a transfer. */
export interface Seen {
  /** In the order of arrival. */
  readonly sequences: readonly number[];
  readonly statuses: readonly string[];
  /** Total loss by step. */
  readonly losses: ReadonlyMap<number, number>;
  readonly connections: number;
  /** With which each of them but the last was closed. */
  readonly closeCodes: readonly number[];
}

interface WatchOptions {
  /** What is selected beside that; the width of frames when left out. */
  readonly more?: string;
  /** Called for every step that is told of. */
  readonly onStep?: (step: number) => void;
  /** Breaks each connection off after so many milliseconds, to go on at the address of then. */
  readonly hopEvery?: number;
}

/**
 * Follows a transfer to its end, over as many connections as it takes, going on after the last event seen. This is all that
 * a client has to do: the variables are read anew at each connection.
 */
export async function watch(
  address: Address,
  id: string,
  { more = "frame { width }", onStep = () => {}, hopEvery }: WatchOptions = {},
): Promise<Seen> {
  const variables = { id, after: 0 };
  const sequences: number[] = [];
  const statuses: string[] = [];
  const losses = new Map<number, number>();
  let connections = 0;
  const closeCodes: number[] = [];
  const client = createClient({
    url: () => webSocketUrl(addressNow(address)),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: () => new Promise((resume) => setTimeout(resume, 50)),
    on: { connected: () => void connections++, closed: (event) => void closeCodes.push((event as CloseEvent).code) },
  });
  const hops = hopEvery === undefined ? undefined : setInterval(() => client.terminate(), hopEvery);
  /** Answers whether it was followed to its end. */
  const followOnce = async () => {
    try {
      for await (const { data, errors } of client.iterate<Progress>({ query: follow(more), variables })) {
        if (errors !== undefined) throw errors;
        const { sequence, status, step, losses: seen } = data!.transferProgress;
        variables.after = sequence;
        sequences.push(sequence);
        statuses.push(status);
        if (seen === null) continue;
        losses.set(step, seen.total);
        onStep(step);
      }
      return true;
    } catch (errors) {
      if (!isAway(errors)) throw new Error(JSON.stringify(errors), { cause: errors });
      return false;
    }
  };
  try {
    while (!await followOnce());
  } finally {
    clearInterval(hops);
    await client.dispose();
  }
  return { sequences, statuses, losses, connections, closeCodes };
}

/** Whether the errors of a subscription say that the storage is away for the moment. */
function isAway(errors: unknown): boolean {
  return Array.isArray(errors) && errors.some(({ extensions }) => extensions?.code === "STORAGE_UNAVAILABLE");
}

/** Asserts what every watcher is promised: each event once, in order, and one end, which is the last of them. */
export function assertWhole({ sequences, statuses }: Seen): void {
  assert.deepEqual(sequences, sequences.map((_, i) => i + 1));
  const ends = statuses.filter((status) => /^(SUCCEEDED|FAILED|CANCELLED)$/.test(status));
  assert.equal(ends.length, 1, `ended ${ends.length} times: ${ends.join(", ")}`);
  assert.equal(statuses.at(-1), ends[0]);
}
