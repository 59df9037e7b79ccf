import { samples } from "../state/catalogue.ts";
import { type Choice, choiceOf } from "../state/choices.ts";
import type { Transfer } from "../state/followed.ts";
import { presetName } from "../state/preset_names.ts";

/** As the label beside a picture in a museum: of what and in whose style, how large, by what. */
export function Caption({ transfer }: { readonly transfer: Transfer }) {
  const { content, styles, options, engine } = transfer;
  const pictured = choiceOf(content, samples.value, "The picture");
  const shares = styles.map(({ image }) => choiceOf(image, samples.value, "The style"));
  return (
    <div class="caption">
      <Origin choice={pictured} />
      <span aria-hidden="true">×</span>
      {shares.map((choice) => <Origin key={choice.id} choice={choice} />)}
      <p>
        <strong>{presetName(options.preset)}</strong>
        <br />
        {options.width} × {options.height} px, seed {options.seed}
        {engine && `, ${engine.backend} on ${engine.device}`}
      </p>
    </div>
  );
}

function Origin({ choice: { url, description } }: { readonly choice: Choice }) {
  return <img src={url} alt={description} title={description} width="52" height="52" />;
}
