import { request } from "../api/client.ts";
import { StartSeveral } from "../api/operations.ts";
import { RequestKey } from "../api/request_key.ts";
import { batchInput, contents, count, isVaried, STRENGTH_OF, styles } from "../batch/draft.ts";
import { LIMITS } from "../../../limits.ts";
import { Advanced } from "../parts/advanced.tsx";
import { Axes } from "../parts/axes.tsx";
import { BatchQuote } from "../parts/batch_quote.tsx";
import { EarlierSheets } from "../parts/earlier_sheets.tsx";
import { PageLink } from "../parts/page_link.tsx";
import { PresetCards } from "../parts/preset_cards.tsx";
import { SeveralPicker } from "../parts/several_picker.tsx";
import { useStart } from "../parts/start.ts";
import { Strength } from "../parts/strength.tsx";
import { Shelf } from "../state/choices.ts";
import { batchPath } from "../state/route.ts";

const contentShelf = new Shelf("content", LIMITS.batch.maximum);
const styleShelf = new Shelf("style", LIMITS.batch.maximum);
const key = new RequestKey();

/** Where a batch is put together: pictures, styles, what is varied, and one button. */
export function Several() {
  const [paint, problem] = useStart(batchInput, key, async (input) => {
    const { startBatch } = await request(StartSeveral, { input });
    return batchPath(startBatch.batch.id);
  });

  return (
    <div class="compose several">
      <div class="title">
        <h1>Several at once</h1>
        <p>
          Every picture in every style, side by side. Or <PageLink to="/">one at a time</PageLink>.
        </p>
      </div>
      <div class="easel">
        <SeveralPicker
          number={1}
          heading="Paint these"
          what="pictures to paint"
          hint="Drop or paste several pictures"
          shelf={contentShelf}
          chosen={contents}
          takesStray
        />
        <SeveralPicker
          number={2}
          heading="In the styles of"
          what="styles"
          hint="Drop several pictures whose styles you want"
          shelf={styleShelf}
          chosen={styles}
        />
        <section class="order" aria-labelledby="order-heading">
          <h2 id="order-heading">
            <span class="number" aria-hidden="true">3</span>Paint them
          </h2>
          {!isVaried("preset") && <PresetCards />}
          {!isVaried(...STRENGTH_OF) && <Strength />}
          <Axes />
          <div class="go">
            <BatchQuote />
            <button type="button" class="primary" disabled={!batchInput.value} onClick={paint}>
              {batchInput.value ? `Paint all ${count.value}` : "Paint all"}
            </button>
            <p class="problem" role="alert">{problem.value}</p>
          </div>
        </section>
      </div>
      <Advanced />
      <EarlierSheets />
    </div>
  );
}
