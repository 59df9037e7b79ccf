import { request } from "../api/client.ts";
import { Start } from "../api/operations.ts";
import { RequestKey } from "../api/request_key.ts";
import { Advanced } from "../parts/advanced.tsx";
import { ContentPicker } from "../parts/content_picker.tsx";
import { OpenPainting } from "../parts/open_painting.tsx";
import { PageLink } from "../parts/page_link.tsx";
import { PresetCards } from "../parts/preset_cards.tsx";
import { Quote } from "../parts/quote.tsx";
import { useStart } from "../parts/start.ts";
import { Strength } from "../parts/strength.tsx";
import { StylePicker } from "../parts/style_picker.tsx";
import { startInput } from "../state/draft.ts";
import { SEVERAL, transferPath } from "../state/route.ts";

const key = new RequestKey();

/** The first page: a picture, a style, and one button. */
export function Compose() {
  const [paint, problem] = useStart(startInput, key, async (input) => {
    const { startTransfer } = await request(Start, { input });
    return transferPath(startTransfer.transfer.id);
  });

  return (
    <div class="compose">
      <div class="title">
        <h1>One picture, painted in the style of another</h1>
        <p>
          Choose two pictures and watch the painting emerge, step by step. Or{" "}
          <PageLink to={SEVERAL}>several at once</PageLink>.
        </p>
      </div>
      <div class="easel">
        <ContentPicker />
        <StylePicker />
        <section class="order" aria-labelledby="order-heading">
          <h2 id="order-heading">
            <span class="number" aria-hidden="true">3</span>Paint it
          </h2>
          <PresetCards />
          <Strength />
          <div class="go">
            <Quote />
            <button type="button" class="primary" disabled={!startInput.value} onClick={paint}>Paint</button>
            <p class="problem" role="alert">{problem.value}</p>
          </div>
        </section>
      </div>
      <Advanced />
      <OpenPainting />
    </div>
  );
}
