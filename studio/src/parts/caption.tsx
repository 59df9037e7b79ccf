import type { FollowData } from "../api/operations.ts";
import { samples } from "../state/catalogue.ts";
import { choiceOf } from "../state/choices.ts";
import { presetName } from "./preset_cards.tsx";

/** As the label beside a picture in a museum: of what and in whose style, how large, by what. */
export function Caption({ transfer }: { readonly transfer: NonNullable<FollowData["transfer"]> }) {
  const { content, styles, options, engine } = transfer;
  const pictured = choiceOf(content, samples.value, "The picture");
  const shares = styles.map(({ image }) => choiceOf(image, samples.value, "The style"));
  return (
    <div class="caption">
      <Origin url={pictured.url} label={pictured.label} />
      <span aria-hidden="true">×</span>
      {shares.map(({ id, url, label }) => <Origin key={id} url={url} label={label} />)}
      <p>
        <strong>{presetName(options.preset)}</strong>
        <br />
        {options.width} × {options.height} px, seed {options.seed}
        {engine && `, ${engine.backend} on ${engine.device}`}
      </p>
    </div>
  );
}

function Origin({ url, label }: { readonly url: string; readonly label: string }) {
  return <img src={url} alt={label} title={label} width="52" height="52" />;
}
