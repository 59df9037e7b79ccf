import type { Signal } from "@preact/signals";
import type { InputHTMLAttributes } from "preact";
import { useRef } from "preact/hooks";
import { messageOf } from "../api/client.ts";
import { takeIn } from "../media/take_in.ts";
import type { Choice } from "../state/choices.ts";

/** A picture on its way to the server; `sent` is the share that has gone, 0 to 1. */
export type Sending = { readonly sent: number } | { readonly problem: string } | null;

/** Sends a file and hands on what the server made of it. */
export async function send(file: File, sending: Signal<Sending>, onChoice: (choice: Choice) => void): Promise<void> {
  sending.value = { sent: 0 };
  try {
    const choice = await takeIn(file, (sent) => sending.value = { sent });
    sending.value = null;
    onChoice(choice);
  } catch (error) {
    sending.value = { problem: messageOf(error) };
  }
}

/** Sends files one after the other; what is wrong with some of them is said at the end, with their names. */
export async function sendAll(
  files: readonly File[],
  sending: Signal<Sending>,
  onChoice: (choice: Choice) => void,
): Promise<void> {
  const problems: string[] = [];
  for (const file of files) {
    await send(file, sending, onChoice);
    if (sending.value && "problem" in sending.value) problems.push(`${file.name}: ${sending.value.problem}`);
  }
  if (problems.length > 0) sending.value = { problem: problems.join("; ") };
}

interface SourceProps {
  readonly what: string;
  readonly choices: readonly Choice[];
  readonly selected: readonly string[];
  readonly onChoice: (choice: Choice) => void;
  /** Whether several files can be picked at once. */
  readonly several?: boolean;
  /** Called with the files that were picked, at least one. */
  readonly onFiles: (files: readonly File[]) => void;
}

/** The pictures that can be chosen, and the ways to bring another. */
export function PictureSource({ what, choices, selected, several = false, onChoice, onFiles }: SourceProps) {
  const file = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const pick = (input: HTMLInputElement) => {
    const picked = [...input.files ?? []];
    if (picked.length > 0) onFiles(picked);
    // The same file can be picked again.
    input.value = "";
  };
  const hidden: InputHTMLAttributes<HTMLInputElement> = {
    type: "file",
    accept: "image/*",
    class: "unseen",
    tabIndex: -1,
    onChange: ({ currentTarget }) => pick(currentTarget),
  };
  return (
    <div class="source">
      <ul class="strip" aria-label={`Choose the ${what}`}>
        {choices.map((choice) => (
          <li key={choice.id}>
            <button
              type="button"
              class="thumb"
              aria-pressed={selected.includes(choice.id)}
              aria-label={choice.label}
              title={choice.description}
              onClick={() => onChoice(choice)}
            >
              <img src={choice.url} alt="" width="64" height="64" />
            </button>
          </li>
        ))}
      </ul>
      <div class="bring">
        <button type="button" class="quiet" onClick={() => file.current?.click()}>
          {several ? "Choose files" : "Choose a file"}
        </button>
        <button type="button" class="quiet camera" onClick={() => camera.current?.click()}>Take a photo</button>
        <input ref={file} {...hidden} multiple={several} aria-label={`File for the ${what}`} />
        <input ref={camera} {...hidden} capture="environment" aria-label={`Photo for the ${what}`} />
      </div>
    </div>
  );
}
