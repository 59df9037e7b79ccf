/** A GraphQL client that does not give up while the server is away. */
import { sha256Hex } from "../../transfers/sha256.ts";
import { ask, startTransfer } from "../testing/client.ts";

const RESULT = `query Result($id: ID!) {
  transfer(id: $id) { status step result { url } error { code message } lossHistory(points: 10000) { step total } }
}`;

/** What is asked for: small, and with a seed, so that it always gives the same. */
export interface Asked {
  readonly seed: number;
  readonly steps: number;
  readonly size: number;
  /** 5 when left out. */
  readonly frameEvery?: number;
  /** Up to the first layer of the network alone: steps of a few milliseconds, for many frames that are not small. */
  readonly shallow?: boolean;
}

/** How a transfer ended. */
export interface Ended {
  readonly status: string;
  readonly step: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Hexadecimal SHA-256 of the result; null without one. */
  readonly result: string | null;
  readonly losses: readonly number[];
}

/** Where a server is; of several, the one to ask now. */
export type Address = string | (() => string);

export function addressNow(address: Address): string {
  return typeof address === "string" ? address : address();
}

/** Tries again until the server answers; an error that it answers with is one, but for a storage that is away. */
export async function persist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isAway = error instanceof TypeError || error instanceof SyntaxError ||
        (error instanceof Error && /^STORAGE_UNAVAILABLE/.test(error.message));
      if (!isAway) throw error;
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}

/** Starts a transfer exactly once, whatever happens to the server meanwhile: its key sees to that. */
export async function startOnce(
  address: Address,
  { seed, steps, size, frameEvery = 5, shallow = false }: Asked,
  key: string,
): Promise<string> {
  const input = {
    content: { sample: "still-life" },
    styles: [{ image: { sample: "geometry" } }],
    preset: "CLASSIC",
    size,
    steps,
    seed,
    frameEvery,
    ...(shallow ? { contentLayers: [{ layer: "conv1_1" }], styleLayers: [{ layer: "conv1_1" }] } : {}),
    idempotencyKey: key,
  };
  return await persist(() => startTransfer(addressNow(address), input));
}

/** How a transfer has ended. */
export async function endOf(address: Address, id: string): Promise<Ended> {
  return await persist(async () => {
    const url = addressNow(address);
    const { transfer } = await ask<{
      transfer: {
        status: string;
        step: number;
        result: { url: string } | null;
        error: Ended["error"];
        lossHistory: { total: number }[];
      };
    }>(url, RESULT, { id });
    const { status, step, error, result, lossHistory } = transfer;
    const bytes = result === null ? null : await bytesAt(new URL(result.url, url));
    return {
      status,
      step,
      error,
      result: bytes && await sha256Hex(bytes),
      losses: lossHistory.map(({ total }) => total),
    };
  });
}

async function bytesAt(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  const bytes = await response.bytes();
  if (response.status === 503) throw new Error(new TextDecoder().decode(bytes));
  return bytes;
}
