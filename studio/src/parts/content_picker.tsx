import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { pictureIn } from "../media/take_in.ts";
import { samples } from "../state/catalogue.ts";
import { Shelf } from "../state/choices.ts";
import { chooseContent, content, contentMask } from "../state/draft.ts";
import { DropFrame } from "./drop_frame.tsx";
import { MaskNotice, MaskRow } from "./mask_row.tsx";
import { PictureSource, send, type Sending } from "./picture_source.tsx";

const MOST_BROUGHT = 3;
const shelf = new Shelf("content", MOST_BROUGHT);

/** The picture that will be repainted. */
export function ContentPicker() {
  const sending = useSignal<Sending>(null);
  const take = (file: File) =>
    void send(file, sending, (choice) => {
      shelf.put(choice);
      chooseContent(choice);
    });

  const takeFrom = (data: DataTransfer | null) => {
    const file = pictureIn(data);
    // Not while something is painted on the one that is there.
    if (file && !document.querySelector("dialog[open]")) take(file);
  };

  useEffect(() => {
    // A picture that is pasted or dropped anywhere on the page is most likely the one to be repainted; the browser would
    // leave the page for one that is dropped.
    const paste = ({ clipboardData }: ClipboardEvent) => takeFrom(clipboardData);
    const hold = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      takeFrom(event.dataTransfer);
    };
    addEventListener("paste", paste);
    addEventListener("dragover", hold);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("paste", paste);
      removeEventListener("dragover", hold);
      removeEventListener("drop", drop);
    };
  }, []);

  const chosen = content.value;
  const all = chosen ? [chosen] : [];
  return (
    <section class="picker" aria-labelledby="content-heading">
      <h2 id="content-heading">
        <span class="number" aria-hidden="true">1</span>Paint this
      </h2>
      <DropFrame hint="Drop or paste a picture" caption={chosen?.label} sending={sending} onFile={take}>
        {chosen && <img src={chosen.url} alt={chosen.description} width={chosen.width} height={chosen.height} />}
      </DropFrame>
      <div class="masks">
        <MaskRow
          name="What to keep"
          unset="all of it"
          help="Paint over what should stay recognisable. The rest is repainted freely."
          picture={chosen ?? undefined}
          mask={contentMask.value}
          onChange={(mask) => contentMask.value = mask}
        />
        <MaskNotice of="content" />
      </div>
      <PictureSource
        what="picture to paint"
        choices={shelf.with(all, samples.value)}
        selected={all.map(({ id }) => id)}
        onChoice={chooseContent}
        onFile={take}
      />
    </section>
  );
}
