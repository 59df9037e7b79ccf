import { useSignal } from "@preact/signals";
import { useId, useRef } from "preact/hooks";
import { request } from "../api/client.ts";
import { type Link, Share as ShareMutation, Unshare } from "../api/operations.ts";
import { copyText } from "../media/save.ts";
import type { Transfer } from "../state/followed.ts";
import { useAttempt } from "./attempt.ts";
import { Segments } from "./segments.tsx";

const DAY_MS = 86_400_000;
const LASTING = [["1", "A day"], ["7", "A week"], ["30", "A month"], ["", "No end"]] as const;
const DATE: Intl.DateTimeFormatOptions = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };

/** Makes the link by which anybody may follow a painting, and takes it back. */
export function Share({ transfer }: { readonly transfer: Transfer }) {
  const { id } = transfer;
  const [attempt, problem] = useAttempt();
  const link = useSignal<Link | null>(transfer.link);
  const days = useSignal<(typeof LASTING)[number][0]>("7");
  const said = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();

  const copy = async (url: string) => {
    const copied = await copyText(url);
    if (!copied) field.current?.select();
    said.value = copied ? "Copied." : "Copy it from the field.";
  };
  const make = () =>
    attempt(async () => {
      const expires = days.value === "" ? null : new Date(Date.now() + Number(days.value) * DAY_MS).toISOString();
      const { shareTransfer } = await request(ShareMutation, { id, expires });
      link.value = shareTransfer;
      await copy(address(shareTransfer));
    });
  const revoke = () =>
    attempt(async () => {
      await request(Unshare, { id });
      link.value = null;
      said.value = "The link opens nothing any longer.";
    });

  const shared = link.value;
  return (
    <section class="share" aria-labelledby={`${fieldId}-heading`}>
      <h3 id={`${fieldId}-heading`}>Share it</h3>
      {shared
        ? (
          <>
            <input
              ref={field}
              type="text"
              readOnly
              aria-label="Link"
              value={address(shared)}
              onFocus={(event) => event.currentTarget.select()}
            />
            <div class="actions">
              <button type="button" onClick={() => copy(address(shared))}>Copy the link</button>
              <button type="button" onClick={revoke}>Revoke it</button>
            </div>
            <p class="help">
              Whoever has it can watch, and nothing else,{" "}
              {shared.expires ? `until ${new Date(shared.expires).toLocaleString([], DATE)}` : "until you revoke it"}.
            </p>
          </>
        )
        : (
          <>
            <Segments
              label="How long the link works"
              value={days.value}
              options={LASTING}
              onChange={(value) => days.value = value}
            />
            <button type="button" onClick={make}>Make a link</button>
          </>
        )}
      <p class="help" role="status">{said.value}</p>
      <p class="problem" role="alert">{problem.value}</p>
    </section>
  );
}

/** The link for whoever is elsewhere. */
function address({ url }: Link): string {
  return new URL(url, location.href).href;
}
