import { changeStyle, content, type StyleChoice } from "../state/draft.ts";
import { MaskRow } from "./mask_row.tsx";

/** Where in the picture a style goes, and which part of its own picture is taken; without a style, the places for both. */
export function StyleMasks({ style }: { readonly style: StyleChoice | undefined }) {
  const id = style?.choice.id ?? "";
  const label = style?.choice.label ?? "the style";
  return (
    <>
      <MaskRow
        name="Where it goes"
        unset="everywhere"
        help={`Paint over where ${label} goes in the picture. Elsewhere it changes nothing.`}
        picture={style && content.value ? content.value : undefined}
        mask={style?.mask ?? null}
        onChange={(mask) => changeStyle(id, { mask })}
      />
      <MaskRow
        name="What is taken"
        unset="all of it"
        help={`Paint over the part of ${label} whose style is taken. The rest of it does not count.`}
        picture={style?.choice}
        mask={style?.region ?? null}
        onChange={(region) => changeStyle(id, { region })}
      />
    </>
  );
}
