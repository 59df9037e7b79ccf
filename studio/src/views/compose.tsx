import { useSignal } from "@preact/signals";
import { request } from "../api/client.ts";
import { Start, type StartTransferInput } from "../api/operations.ts";
import { Advanced } from "../parts/advanced.tsx";
import { useAttempt } from "../parts/attempt.ts";
import { ContentPicker } from "../parts/content_picker.tsx";
import { OpenPainting } from "../parts/open_painting.tsx";
import { PresetCards } from "../parts/preset_cards.tsx";
import { Quote } from "../parts/quote.tsx";
import { Slider } from "../parts/slider.tsx";
import { StylePicker } from "../parts/style_picker.tsx";
import { startInput, strength } from "../state/draft.ts";
import { formatNumber } from "../state/format.ts";
import { navigate, transferPath } from "../state/route.ts";

/** Key of a request that has not been answered: pressing again must not start a second transfer. */
let pending: { readonly body: string; readonly key: string } | undefined;

function keyFor(input: StartTransferInput): string {
  const body = JSON.stringify(input);
  // randomUUID() is missing on a plain-http address that is not this machine's.
  if (pending?.body !== body) pending = { body, key: crypto.getRandomValues(new Uint32Array(4)).join("-") };
  return pending.key;
}

/** The first page: a picture, a style, and one button. */
export function Compose() {
  const starting = useSignal(false);
  const [attempt, problem] = useAttempt();

  async function paint(): Promise<void> {
    const input = startInput.value;
    if (!input || starting.value) return;
    starting.value = true;
    await attempt(async () => {
      const { startTransfer } = await request(Start, { input: { ...input, idempotencyKey: keyFor(input) } });
      pending = undefined;
      navigate(transferPath(startTransfer.transfer.id));
    });
    starting.value = false;
  }

  return (
    <div class="compose">
      <div class="title">
        <h1>One picture, painted in the style of another</h1>
        <p>Choose two pictures and watch the painting emerge, step by step.</p>
      </div>
      <div class="easel">
        <ContentPicker />
        <StylePicker />
        <section class="order" aria-labelledby="order-heading">
          <h2 id="order-heading">
            <span class="number" aria-hidden="true">3</span>Paint it
          </h2>
          <PresetCards />
          <Slider
            label="Style strength"
            value={strength.value}
            min={-1.5}
            max={1.5}
            step={0.1}
            text={`× ${formatNumber(10 ** strength.value)}`}
            ends={["closer to the picture", "closer to the style"]}
            onInput={(value) => strength.value = value}
          />
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
