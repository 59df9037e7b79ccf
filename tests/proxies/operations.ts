import { post, SMALL, START, type Started } from "../e2e/operations.ts";

/** Goes on until it is cancelled. */
export const ENDLESS = { ...SMALL, scales: [{ size: 32, steps: 10_000 }], keepFrames: false };

/** Starts a transfer. @returns its id. */
export async function start(url: string, input: unknown): Promise<string> {
  return (await post<Started>(url, START, { input })).startTransfer.transfer.id;
}
