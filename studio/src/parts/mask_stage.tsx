import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Brush } from "../masks/brush.ts";
import { showPart } from "../masks/canvas.ts";
import type { MaskPainting } from "../masks/painting.ts";
import type { Point } from "../masks/raster.ts";
import type { Choice } from "../state/choices.ts";

/** What one paints with. */
export interface Tool {
  readonly kind: "brush" | "eraser";
  /** Diameter in percent of the picture's longest side. */
  readonly size: number;
  /** Percent of the radius over which it fades. */
  readonly softness: number;
}

/** Of a tool. */
export const SIZES = { min: 1, max: 50, step: 1 } as const;

/** Share of the longest side that an arrow key moves the brush. */
const STEP = 1 / 32;
const FINE_STEP = STEP / 8;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const MAIN_BUTTON = 0;
/** The other end of a pen. */
const ERASER_BUTTON = 5;

interface MaskStageProps {
  readonly painting: MaskPainting;
  readonly picture: Choice;
  readonly label: string;
  readonly describedBy: string;
  readonly tool: Tool;
  readonly onTool: (change: Partial<Tool>) => void;
  /** A stroke has ended. */
  readonly onStroke: () => void;
  readonly onSay: (text: string) => void;
}

/** The picture with what is painted on it, by mouse, finger, pen or keyboard. */
export function MaskStage(props: MaskStageProps) {
  const { painting, picture, label, describedBy, tool, onTool, onStroke, onSay } = props;
  const { width, height } = painting.raster;
  const longest = Math.max(width, height);
  const canvas = useRef<HTMLCanvasElement>(null);
  /** Where the brush is: under the pointer, or where the keys have moved it. */
  const at = useSignal<Point>({ x: width / 2, y: height / 2 });
  const over = useSignal(false);
  /** What holds the brush down. */
  const held = useRef<"pointer" | "Space" | "Enter" | null>(null);

  useEffect(() => {
    const pen = canvas.current!.getContext("2d")!;
    painting.watch((rect) => showPart(pen, painting.raster, rect));
  }, []);

  function begin(by: "pointer" | "Space" | "Enter", erases = tool.kind === "eraser"): void {
    held.current = by;
    const brush: Brush = { radius: tool.size / 200 * longest, softness: tool.softness / 100, erases };
    painting.begin(at.value, brush);
  }
  function lift(): void {
    if (held.current === null) return;
    held.current = null;
    painting.end();
    onStroke();
  }

  function placeOf({ clientX, clientY }: PointerEvent): Point {
    const box = canvas.current!.getBoundingClientRect();
    return { x: (clientX - box.left) / box.width * width, y: (clientY - box.top) / box.height * height };
  }
  function onPointerDown(event: PointerEvent): void {
    if (!event.isPrimary || (event.button !== MAIN_BUTTON && event.button !== ERASER_BUTTON)) return;
    lift();
    canvas.current!.setPointerCapture(event.pointerId);
    over.value = true;
    at.value = placeOf(event);
    begin("pointer", tool.kind === "eraser" || event.button === ERASER_BUTTON);
  }
  function onPointerMove(event: PointerEvent): void {
    if (!event.isPrimary) return;
    over.value = true;
    if (held.current === "Space" || held.current === "Enter") return;
    if (held.current === "pointer") {
      for (const each of event.getCoalescedEvents?.() ?? []) painting.lineTo(placeOf(each));
    }
    at.value = placeOf(event);
    if (held.current === "pointer") painting.lineTo(at.value);
  }
  /** A second finger has come, and the browser zooms: that was no stroke. */
  function onPointerCancel(): void {
    if (held.current !== "pointer") return;
    held.current = null;
    painting.takeBack();
  }

  function onKeyDown(event: KeyboardEvent): void {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || held.current === "pointer") return;
    const arrow = ARROWS[key];
    if (arrow) move(arrow, event.shiftKey ? FINE_STEP : STEP);
    else if (key === " ") {
      if (!event.repeat && held.current === null) begin("Space");
    } else if (key === "Enter") {
      if (held.current === "Enter") lift();
      else if (!event.repeat && held.current === null) {
        begin("Enter");
        onSay("The brush is down.");
      }
    } else if (key === "+" || key === "=") resize(1);
    else if (key === "-" || key === "−") resize(-1);
    else if (key === "b" || key === "B") onTool({ kind: "brush" });
    else if (key === "e" || key === "E") onTool({ kind: "eraser" });
    else return;
    event.preventDefault();
  }
  function onKeyUp({ key }: KeyboardEvent): void {
    if (key === " " && held.current === "Space") lift();
  }
  function move([right, down]: readonly [number, number], step: number): void {
    const x = Math.min(Math.max(at.value.x + right * step * longest, 0), width);
    const y = Math.min(Math.max(at.value.y + down * step * longest, 0), height);
    at.value = { x, y };
    if (held.current !== null) painting.lineTo(at.value);
    const counts = painting.raster.at(at.value) > 127 ? "painted" : "not painted";
    onSay(`${Math.round(x / width * 100)} % across, ${Math.round(y / height * 100)} % down: ${counts}.`);
  }
  function resize(direction: 1 | -1): void {
    const size = tool.size + direction * Math.max(1, Math.round(tool.size / 8));
    onTool({ size: Math.min(Math.max(size, SIZES.min), SIZES.max) });
  }

  const { x, y } = at.value;
  return (
    <div class="stage-place">
      <div class="stage" style={{ "--ratio": width / height }}>
        <img src={picture.url} alt="" draggable={false} />
        <canvas
          ref={canvas}
          width={width}
          height={height}
          tabIndex={0}
          role="application"
          aria-label={label}
          aria-describedby={describedBy}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={() => held.current === "pointer" && lift()}
          onPointerCancel={onPointerCancel}
          onPointerLeave={() => over.value = false}
          onKeyDown={onKeyDown}
          onKeyUp={onKeyUp}
          onBlur={lift}
        />
        <span
          class={`ring ${tool.kind}${over.value ? " over" : ""}`}
          aria-hidden="true"
          style={{
            left: `${x / width * 100}%`,
            top: `${y / height * 100}%`,
            width: `${tool.size * longest / width}%`,
          }}
        />
      </div>
    </div>
  );
}
