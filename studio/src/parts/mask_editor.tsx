import { signal, useSignal } from "@preact/signals";
import { useEffect, useId, useMemo, useRef } from "preact/hooks";
import { asPng, readMask } from "../masks/canvas.ts";
import { MaskPainting } from "../masks/painting.ts";
import { maskSize } from "../masks/raster.ts";
import { takeIn } from "../media/take_in.ts";
import type { Choice } from "../state/choices.ts";
import type { Mask } from "../state/draft.ts";
import { useAttempt } from "./attempt.ts";
import { MaskStage, SIZES, type Tool } from "./mask_stage.tsx";
import { Segments } from "./segments.tsx";
import { Slider } from "./slider.tsx";

/** How large and how soft a brush is stays from mask to mask. */
const tool = signal<Tool>({ kind: "brush", size: 12, softness: 40 });
const KINDS = [["brush", "Brush"], ["eraser", "Eraser"]] as const;

interface MaskEditorProps {
  readonly name: string;
  readonly help: string;
  readonly picture: Choice;
  /** What was painted before. */
  readonly mask: Mask | null;
  /** Called with what the server has of it; null when nothing is painted. */
  readonly onDone: (mask: Mask | null) => void;
  readonly onClose: () => void;
}

/** Where one paints over a part of a picture, in front of everything else. */
export function MaskEditor({ name, help, picture, mask, onDone, onClose }: MaskEditorProps) {
  const painting = useMemo(() => new MaskPainting(maskSize(picture)), []);
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const said = useSignal("");
  const can = useSignal({ undo: false, redo: false });
  const ready = useSignal(mask === null);
  /** Share that has been sent; null while nothing is. */
  const sent = useSignal<number | null>(null);
  /** Whether leaving has been asked for once: what was painted is lost. */
  const asked = useSignal(false);
  const [attempt, problem] = useAttempt();

  useEffect(() => {
    dialog.current?.showModal();
    tool.value = { ...tool.value, kind: "brush" };
    if (!mask) return;
    void attempt(async () => {
      painting.load(await readMask(mask.url, painting.raster));
      ready.value = true;
      tell();
    });
  }, []);

  function tell(before = ""): void {
    asked.value = false;
    can.value = { undo: painting.canUndo, redo: painting.canRedo };
    said.value = before + shareInWords(painting.raster.share);
  }
  const does = (deed: () => void, word: string) => () => {
    deed();
    tell(`${word}. `);
  };
  const undo = () => can.value.undo && does(() => painting.undo(), "Undone")();
  const redo = () => can.value.redo && does(() => painting.redo(), "Done again")();

  function turn(change: Partial<Tool>): void {
    tool.value = { ...tool.value, ...change };
    const { kind, size } = tool.value;
    said.value = `${kind === "brush" ? "Brush" : "Eraser"}, ${size} % wide.`;
  }

  function leave(): void {
    painting.end();
    if (painting.canUndo && !asked.value) {
      asked.value = true;
      said.value = "What you have painted would be lost. Once more, and it is.";
    } else dialog.current?.close();
  }

  async function done(): Promise<void> {
    painting.end();
    await attempt(async () => {
      if (painting.canUndo) onDone(painting.raster.isEmpty ? null : await send());
      dialog.current?.close();
    });
    sent.value = null;
  }

  async function send(): Promise<Mask> {
    sent.value = 0;
    return await takeIn(await asPng(painting.raster), (share) => sent.value = share);
  }

  /** Without these, a hand that paints would have to leave the picture for every step that is undone. */
  function onKeyDown(event: KeyboardEvent): void {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo();
    else undo();
  }

  const { kind, size, softness } = tool.value;
  const busy = sent.value !== null || !ready.value;
  return (
    <dialog
      ref={dialog}
      class="mask-editor"
      aria-labelledby={`${id}-name`}
      aria-describedby={`${id}-help`}
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      onClose={onClose}
    >
      <header>
        <h2 id={`${id}-name`}>{name}</h2>
        <p id={`${id}-help`}>{help}</p>
      </header>
      <MaskStage
        painting={painting}
        picture={picture}
        label={`${name}: ${picture.label}`}
        describedBy={`${id}-keys`}
        tool={tool.value}
        onTool={turn}
        onStroke={() => tell()}
        onSay={(text) => said.value = text}
      />
      <p class="said help" role="status">{said.value}</p>
      <div class="tools">
        <Segments label="Tool" value={kind} options={KINDS} onChange={(kind) => turn({ kind })} />
        <div class="deeds">
          {/* They keep the focus when there is nothing left to undo. */}
          <button type="button" aria-disabled={!can.value.undo} onClick={undo}>Undo</button>
          <button type="button" aria-disabled={!can.value.redo} onClick={redo}>Redo</button>
          <button type="button" onClick={does(() => painting.invert(), "Inverted")}>Invert</button>
          <button type="button" onClick={does(() => painting.clear(), "Cleared")}>Clear</button>
        </div>
        <Slider label="Size" value={size} {...SIZES} text={`${size} %`} onInput={(size) => turn({ size })} />
        <Slider
          label="Softness"
          value={softness}
          min={0}
          max={100}
          step={5}
          text={`${softness} %`}
          onInput={(softness) => turn({ softness })}
        />
        <p class="keys help" id={`${id}-keys`}>
          With the keyboard: arrow keys move the brush, with Shift finely; Space paints, held down it draws; Enter puts
          the brush down and lifts it; + and − change its size; B and E choose brush and eraser; Ctrl Z undoes.
        </p>
      </div>
      <footer>
        <p class="problem" role="alert">{problem.value}</p>
        <button type="button" onClick={leave} onBlur={() => asked.value = false}>
          {asked.value ? "Really discard" : "Cancel"}
        </button>
        <button type="button" class="primary" disabled={busy} onClick={done}>
          {sent.value === null ? "Done" : `Sending, ${Math.round(sent.value * 100)} %`}
        </button>
      </footer>
    </dialog>
  );
}

function shareInWords(share: number): string {
  if (share === 0) return "Nothing is painted.";
  if (share < 0.01) return "Less than 1 % is painted.";
  return `${share > 0.99 && share < 1 ? 99 : Math.round(share * 100)} % is painted.`;
}
