import { effect, signal } from "@preact/signals";
import { messageOf, request } from "../api/client.ts";
import { connection } from "../api/live.ts";
import { About, type AboutData, Begin, type BeginData } from "../api/operations.ts";
import { type Choice, choiceOfSample } from "./choices.ts";

/** The built-in pictures, the presets, and what the pictures are seen through; empty until the server has answered. */
export const samples = signal<readonly Choice[]>([]);
export const presets = signal<BeginData["presets"]>([]);
export const weights = signal<AboutData["weights"] | null>(null);
/** Why there is nothing to choose from; null when there is. */
export const catalogueError = signal<string | null>(null);

const RETRY_MS = 2000;

/** Asks until the server answers. */
export async function loadCatalogue(): Promise<void> {
  try {
    const begin = await request(Begin, {});
    samples.value = begin.samples.map(choiceOfSample);
    presets.value = begin.presets;
    catalogueError.value = null;
  } catch (error) {
    catalogueError.value = messageOf(error);
    setTimeout(loadCatalogue, RETRY_MS);
    return;
  }
  await loadWeights();
}

async function loadWeights(): Promise<void> {
  try {
    weights.value = (await request(About, {})).weights;
  } catch {
    // The banner can wait; nothing else needs it.
  }
}

// A server that comes back may have other weights.
let wasLost = false;
effect(() => {
  const { state } = connection.value;
  if (state === "open" && wasLost) void loadWeights();
  wasLost = state === "lost" || (wasLost && state !== "open");
});
