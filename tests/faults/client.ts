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

/** Tries again until the server answers; an error that it answers with is one. */
export async function persist<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}

/** Starts a transfer exactly once, whatever happens to the server meanwhile: its key sees to that. */
export async function startOnce(
  url: string,
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
  return await persist(() => startTransfer(url, input));
}

/** How a transfer has ended. */
export async function endOf(url: string, id: string): Promise<Ended> {
  return await persist(async () => {
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
    const bytes = result === null ? null : await (await fetch(new URL(result.url, url))).bytes();
    return {
      status,
      step,
      error,
      result: bytes && await sha256Hex(bytes),
      losses: lossHistory.map(({ total }) => total),
    };
  });
}
