import { signal } from "@preact/signals";
import { messageOf, request, RequestError } from "../api/client.ts";
import { Begin, type BeginData } from "../api/operations.ts";
import { type Choice, choiceOfSample } from "./choices.ts";

/** The built-in pictures and the presets; empty until the server has answered. */
export const samples = signal<readonly Choice[]>([]);
export const presets = signal<BeginData["presets"]>([]);
/** Every option that a transfer can be given: the form is made from these. */
export const options = signal<BeginData["options"]>([]);
/** Why there is nothing to choose from; null when there is. */
export const catalogueError = signal<string | null>(null);

const RETRY_MS = 2000;

/** Asks until the server answers. */
export async function loadCatalogue(): Promise<void> {
  try {
    const begin = await request(Begin, {});
    samples.value = begin.samples.map(choiceOfSample);
    presets.value = begin.presets;
    options.value = begin.options;
    catalogueError.value = null;
  } catch (error) {
    // Who has to sign in first asks again then.
    if (error instanceof RequestError && error.code === "UNAUTHENTICATED") return;
    catalogueError.value = messageOf(error);
    setTimeout(loadCatalogue, RETRY_MS);
  }
}
