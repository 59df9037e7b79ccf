// @ts-types="@types/react"
import { type SyntheticEvent, useState } from "react";

/** What the subscription selects. */
export interface Progress {
  readonly transferProgress: {
    readonly sequence: number;
    readonly status: string;
    readonly step: number;
    readonly steps: number;
    readonly progress: number;
    readonly losses: { readonly total: number } | null;
    readonly frame: { readonly dataUrl: string } | null;
    readonly error: { readonly message: string } | null;
  };
}

/** Asks for what is to be painted, as StartTransferInput; nothing in it knows which client is used. */
export function Order({ onOrder }: { readonly onOrder: (input: unknown) => void }) {
  function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onOrder({
      content: { upload: form.get("content") },
      styles: [{ image: { sample: form.get("style") } }],
      preset: "FAST",
      size: Number(form.get("size")),
      steps: Number(form.get("steps")),
    });
  }
  return (
    <form onSubmit={submit}>
      <label>
        Picture <input type="file" name="content" accept="image/*" required />
      </label>
      <label>
        Style{" "}
        <select name="style">
          <option>starry-swirls</option>
          <option>woodcut-waves</option>
          <option>stained-glass</option>
        </select>
      </label>
      <label>
        Size <input type="number" name="size" min="32" max="2048" defaultValue="256" />
      </label>
      <label>
        Steps <input type="number" name="steps" min="1" max="10000" defaultValue="310" />
      </label>
      <button type="submit">Paint</button>
    </form>
  );
}

/** The newest event of a transfer, with the newest picture: not every event carries one. */
export function Painting({ progress }: { readonly progress: Progress["transferProgress"] }) {
  const { status, step, steps, progress: share, losses, frame, error } = progress;
  const [shown, show] = useState<string>();
  if (frame && frame.dataUrl !== shown) show(frame.dataUrl);
  return (
    <figure>
      <figcaption>
        {error ? error.message : `${status}, step ${step} of ${steps}`}
        {losses && `, loss ${losses.total.toPrecision(3)}`}
      </figcaption>
      <progress value={share} aria-label="Work done" />
      {shown && <img src={shown} alt={`The picture after ${step} steps`} />}
    </figure>
  );
}
