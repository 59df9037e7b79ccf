import { useSignal } from "@preact/signals";
import { samples } from "../state/catalogue.ts";
import { Shelf } from "../state/choices.ts";
import { change, changes, chooseContent, content, contentMask } from "../state/draft.ts";
import { DropFrame } from "./drop_frame.tsx";
import { Toggle } from "./fields.tsx";
import { MaskNotice, MaskRow } from "./mask_row.tsx";
import { PictureSource, send, type Sending } from "./picture_source.tsx";
import { useStrayPictures } from "./stray_pictures.ts";

const MOST_BROUGHT = 3;
const shelf = new Shelf("content", MOST_BROUGHT);

/** The picture that will be repainted. */
export function ContentPicker() {
  const sending = useSignal<Sending>(null);
  const take = ([file]: readonly File[]) => {
    if (!file) return;
    void send(file, sending, (choice) => {
      shelf.put(choice);
      chooseContent(choice);
    });
  };
  useStrayPictures(take);

  const chosen = content.value;
  const all = chosen ? [chosen] : [];
  return (
    <section class="picker" aria-labelledby="content-heading">
      <h2 id="content-heading">
        <span class="number" aria-hidden="true">1</span>Paint this
      </h2>
      <DropFrame hint="Drop or paste a picture" caption={chosen?.label} sending={sending} onFiles={take}>
        {chosen && <img src={chosen.url} alt={chosen.description} width={chosen.width} height={chosen.height} />}
      </DropFrame>
      {chosen?.movingFrames !== undefined && (
        <Toggle
          label={`Paint all ${chosen.movingFrames} frames`}
          help="Each begins with the one before it, and takes about half as long. Otherwise the first is painted."
          value={changes.value["moving"] === true}
          onChange={(moving) => change("moving", moving ? true : undefined)}
        />
      )}
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
        onFiles={take}
      />
    </section>
  );
}
