import type { Size } from "../../../engine/picture.ts";
import { type Brush, drawLine } from "./brush.ts";
import { History } from "./history.ts";
import { MaskRaster, type Point, type Rect, union } from "./raster.ts";

/** A stroke that is being drawn. */
interface Stroke {
  readonly brush: Brush;
  /** The whole mask before it. */
  readonly before: MaskRaster;
  at: Point;
  rect: Rect | null;
}

/** A mask while somebody paints it. Every stroke, clearing and inverting is one step that can be undone. */
export class MaskPainting {
  readonly raster: MaskRaster;
  readonly #history: History;
  #stroke: Stroke | null = null;
  #watcher: (rect: Rect) => void = () => {};

  constructor(size: Size) {
    this.raster = new MaskRaster(size);
    this.#history = new History(this.raster);
  }

  /** Has one watcher told of every part that has changed, and at once of the whole. */
  watch(watcher: (rect: Rect) => void): void {
    this.#watcher = watcher;
    watcher(this.raster.whole);
  }

  /** Also whether it has been changed at all. */
  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  get isDrawing(): boolean {
    return this.#stroke !== null;
  }

  /** Begins with what was painted before. */
  load(values: Uint8Array): void {
    this.raster.values.set(values);
    this.#watcher(this.raster.whole);
  }

  /** Puts a brush down. */
  begin(at: Point, brush: Brush): void {
    this.end();
    this.#stroke = { brush, before: this.#copy(), at, rect: null };
    this.lineTo(at);
  }

  /** Draws the brush on to a place. */
  lineTo(at: Point): void {
    const stroke = this.#stroke;
    if (!stroke) return;
    const rect = drawLine(this.raster, stroke.at, at, stroke.brush);
    stroke.at = at;
    if (!rect) return;
    stroke.rect = stroke.rect ? union(stroke.rect, rect) : rect;
    this.#watcher(rect);
  }

  /** Lifts the brush. A stroke beside the picture leaves no step. */
  end(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    if (stroke?.rect) this.#history.record(stroke.rect, stroke.before.copy(stroke.rect));
  }

  /** Takes back the stroke that is being drawn, as if it had never begun. */
  takeBack(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    if (!stroke?.rect) return;
    this.raster.put(stroke.rect, stroke.before.copy(stroke.rect));
    this.#watcher(stroke.rect);
  }

  undo(): void {
    this.end();
    this.#tell(this.#history.undo());
  }

  redo(): void {
    this.end();
    this.#tell(this.#history.redo());
  }

  clear(): void {
    this.#changeAll((values) => values.fill(0));
  }

  /** What counted does not, and the other way round. */
  invert(): void {
    this.#changeAll((values) => values.forEach((value, i) => values[i] = 255 - value));
  }

  #changeAll(change: (values: Uint8Array) => void): void {
    this.end();
    const { whole } = this.raster;
    this.#history.record(whole, this.raster.copy(whole));
    change(this.raster.values);
    this.#watcher(whole);
  }

  #copy(): MaskRaster {
    const copy = new MaskRaster(this.raster);
    copy.values.set(this.raster.values);
    return copy;
  }

  #tell(rect: Rect | null): void {
    if (rect) this.#watcher(rect);
  }
}
