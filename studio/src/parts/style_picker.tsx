import { useSignal } from "@preact/signals";
import { samples } from "../state/catalogue.ts";
import { Shelf } from "../state/choices.ts";
import { changeStyle, mixing, setMixing, styles, toggleStyle } from "../state/draft.ts";
import { LIMITS } from "../../../limits.ts";
import { DropFrame } from "./drop_frame.tsx";
import { MaskNotice } from "./mask_row.tsx";
import { PictureSource, send, type Sending } from "./picture_source.tsx";
import { Slider } from "./slider.tsx";
import { StyleMasks } from "./style_masks.tsx";

const shelf = new Shelf("style", LIMITS.styles.maximum);

/** The pictures whose style it gets, how much of each, and how broad its strokes are. */
export function StylePicker() {
  const sending = useSignal<Sending>(null);
  const chosen = styles.value;
  const isChosen = (id: string) => styles.value.some(({ choice }) => choice.id === id);
  const take = ([file]: readonly File[]) => {
    if (!file) return;
    void send(file, sending, (choice) => {
      shelf.put(choice);
      if (!isChosen(choice.id)) toggleStyle(choice);
    });
  };

  const caption = chosen.length === 1 ? chosen[0]?.choice.label : `${chosen.length} styles, mixed`;
  return (
    <section class="picker" aria-labelledby="style-heading">
      <h2 id="style-heading">
        <span class="number" aria-hidden="true">2</span>In the style of
      </h2>
      <DropFrame
        hint="Drop a picture whose style you want"
        caption={chosen.length > 0 ? caption : undefined}
        sending={sending}
        onFiles={take}
      >
        {chosen.length > 0 && (
          <div class={`mosaic of-${chosen.length}`}>
            {chosen.map(({ choice }) => (
              <img
                key={choice.id}
                src={choice.url}
                alt={choice.description}
                width={choice.width}
                height={choice.height}
              />
            ))}
          </div>
        )}
      </DropFrame>
      <div class="masks">
        {chosen.length <= 1 && <StyleMasks style={chosen[0]} />}
        <MaskNotice of="style" />
      </div>
      <PictureSource
        what="style"
        choices={shelf.with(chosen.map(({ choice }) => choice), samples.value)}
        selected={chosen.map(({ choice }) => choice.id)}
        onChoice={toggleStyle}
        onFiles={take}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={mixing.value}
          onChange={(event) => setMixing(event.currentTarget.checked)}
        />
        Mix several styles
      </label>
      {chosen.length > 1 && <Mixture />}
    </section>
  );
}

const LEAST = 0.05;

/** Between broadest and finest strokes, in powers of two. */
const SCALES = { min: Math.log2(LIMITS.styleScale.minimum), max: Math.log2(LIMITS.styleScale.maximum), step: 0.25 };

/** How much of each style, how broad its strokes are, and where it counts. */
function Mixture() {
  const sum = styles.value.reduce((total, { weight }) => total + weight, 0) || 1;
  return (
    <div class="mix">
      {styles.value.map((style) => {
        const { choice, weight, scale } = style;
        return (
          <div key={choice.id} class="part">
            <Slider
              label={choice.label}
              value={weight}
              min={LEAST}
              max={2}
              step={LEAST}
              text={`${Math.round(weight / sum * 100)} %`}
              onInput={(changed) => changeStyle(choice.id, { weight: changed })}
            />
            <Slider
              label={`Strokes of ${choice.label}`}
              value={Math.log2(scale)}
              {...SCALES}
              text={`× ${Number(scale.toPrecision(2))}`}
              ends={["fine", "broad"]}
              onInput={(changed) => changeStyle(choice.id, { scale: Number((2 ** changed).toPrecision(3)) })}
            />
            <StyleMasks style={style} />
          </div>
        );
      })}
    </div>
  );
}
