import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { toggle } from "../batch/draft.ts";
import { samples } from "../state/catalogue.ts";
import type { Choice, Shelf } from "../state/choices.ts";
import { DropFrame } from "./drop_frame.tsx";
import { PictureSource, sendAll, type Sending } from "./picture_source.tsx";
import { useStrayPictures } from "./stray_pictures.ts";

interface SeveralPickerProps {
  readonly number: number;
  readonly heading: string;
  /** What the pictures are for, in the singular. */
  readonly what: string;
  readonly hint: string;
  readonly shelf: Shelf;
  readonly chosen: Signal<readonly Choice[]>;
  /** Whether pictures that are dropped or pasted beside any place belong here. */
  readonly takesStray?: boolean;
}

/** Any number of pictures, by drop, paste, file or among those that are there. */
export function SeveralPicker({ number, heading, what, hint, shelf, chosen, takesStray }: SeveralPickerProps) {
  const id = useId();
  const sending = useSignal<Sending>(null);
  const take = (files: readonly File[]) =>
    void sendAll(files, sending, (choice) => {
      shelf.put(choice);
      if (!chosen.value.some(({ id }) => id === choice.id)) toggle(chosen, choice);
    });
  const all = chosen.value;
  const ids = all.map(({ id }) => id);
  return (
    <section class="picker" aria-labelledby={id}>
      {takesStray && <Stray take={take} />}
      <h2 id={id}>
        <span class="number" aria-hidden="true">{number}</span>
        {heading}
      </h2>
      <DropFrame
        hint={hint}
        caption={all.length === 0 ? undefined : all.length === 1 ? all[0]!.label : `${all.length} chosen`}
        sending={sending}
        onFiles={take}
      >
        {all.length === 0
          ? <p class="wanted">{hint}</p>
          : (
            <ul class="tray" aria-label={`Chosen: ${heading}`} style={{ "--across": Math.ceil(Math.sqrt(all.length)) }}>
              {all.map((choice) => (
                <li key={choice.id}>
                  <img src={choice.url} alt={choice.description} width={choice.width} height={choice.height} />
                </li>
              ))}
            </ul>
          )}
      </DropFrame>
      <PictureSource
        what={what}
        several
        choices={shelf.with(all, samples.value)}
        selected={ids}
        onChoice={(choice) => toggle(chosen, choice)}
        onFiles={take}
      />
    </section>
  );
}

function Stray({ take }: { readonly take: (files: readonly File[]) => void }) {
  useStrayPictures(take);
  return null;
}
