import { type ReadonlySignal, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { panBy, type Place, transformOf, type View, WHOLE, zoomBy } from "../batch/zoom.ts";

/** Of each press of a key or a button. */
export const ZOOM_STEP = 1.5;
/** Share of a cell's sides that an arrow key moves by. */
const PAN_STEP = 0.15;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-PAN_STEP, 0],
  ArrowRight: [PAN_STEP, 0],
  ArrowUp: [0, -PAN_STEP],
  ArrowDown: [0, PAN_STEP],
};

/** A turn of the wheel, in its pixels, that makes everything e times as large. */
const WHEEL_PIXELS = 300;
/** Milliseconds without a turn after which the wheel, once the pictures are whole again, scrolls the page. */
const WHEEL_REST = 400;
/** A mouse that tells of lines. */
const LINE_PIXELS = 30;
/** How far a pointer may tremble before it is no click, in pixels. */
const TREMBLE = 5;
const MAIN_BUTTON = 0;

/** What all pictures of an element show, and the ways to change that from anywhere. */
export interface LinkedView {
  readonly view: ReadonlySignal<View>;
  readonly set: (view: View) => void;
}

/**
 * Zooms and moves all pictures below an element at once: by Ctrl and the wheel, or the wheel alone once they are zoomed, by
 * dragging, two fingers, + − 0 and the arrows. What is zoomed carries `data-zooms`, and gets its transformation as `--view`; the element gets `data-zoomed` while
 * anything but the whole pictures is shown.
 */
export function useLinkedView(place: RefObject<HTMLElement | null>): LinkedView {
  const view = useMemo(() => signal<View>(WHOLE), []);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const hands = new Hands(element, view.peek.bind(view), (next) => view.value = next);
    // One property of one element moves every picture: no cell is rendered anew.
    const unsubscribe = view.subscribe((now) => {
      element.style.setProperty("--view", transformOf(now));
      element.toggleAttribute("data-zoomed", now.zoom > 1);
    });
    return () => {
      hands.leave();
      unsubscribe();
    };
  }, []);
  return { view, set: (next) => view.value = next };
}

/** Wheel, pointers and keys on an element. */
class Hands {
  readonly #element: HTMLElement;
  readonly #look: () => View;
  readonly #show: (view: View) => void;
  readonly #listeners = new AbortController();
  /** Where each pointer that is down was last, in pixels of the window. */
  readonly #down = new Map<number, Place>();
  /** The cell that the first pointer came down on. */
  #cell: Element | null = null;
  /** How far the pointers have come since the first was down, in pixels. */
  #travelled = 0;
  /** When the wheel last zoomed, by the clock of events. */
  #wheeled = -Infinity;

  constructor(element: HTMLElement, look: () => View, show: (view: View) => void) {
    this.#element = element;
    this.#look = look;
    this.#show = show;
    const { signal } = this.#listeners;
    const held = { signal, passive: false };
    element.addEventListener("wheel", (event) => this.#onWheel(event), held);
    element.addEventListener("touchstart", (event) => this.#onTouch(event), held);
    element.addEventListener("pointerdown", (event) => this.#onDown(event), { signal });
    // A pointer that leaves the element still holds the picture.
    document.addEventListener("pointermove", (event) => this.#onMove(event), { signal });
    for (const end of ["pointerup", "pointercancel"] as const) {
      document.addEventListener(end, ({ pointerId }) => this.#down.delete(pointerId), { signal });
    }
    element.addEventListener("click", (event) => this.#onClick(event), { signal, capture: true });
    element.addEventListener("keydown", (event) => this.#onKey(event), { signal });
  }

  leave(): void {
    this.#listeners.abort();
  }

  /**
   * Over whole pictures the page is scrolled, unless Ctrl is held, which is also how browsers tell of two fingers on a
   * touchpad. Whoever has zoomed in looks at the pictures: the wheel zooms then, until it rests at the whole.
   */
  #onWheel(event: WheelEvent): void {
    const cell = cellOf(event);
    const zooms = event.ctrlKey || event.metaKey || this.#look().zoom > 1 ||
      event.timeStamp - this.#wheeled < WHEEL_REST;
    if (!cell || !zooms) return;
    event.preventDefault();
    this.#wheeled = event.timeStamp;
    const turned = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PIXELS);
    const { clientX: x, clientY: y } = event;
    this.#show(zoomBy(this.#look(), Math.exp(-turned / WHEEL_PIXELS), placeIn(cell, { x, y })));
  }

  /** The page would be scrolled by two fingers otherwise. */
  #onTouch(event: TouchEvent): void {
    if (event.touches.length > 1 && this.#cell && event.cancelable) event.preventDefault();
  }

  #onDown(event: PointerEvent): void {
    const cell = cellOf(event);
    if (!cell || event.button !== MAIN_BUTTON) return;
    if (this.#down.size === 0) {
      this.#cell = cell;
      this.#travelled = 0;
    }
    this.#down.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  #onMove({ pointerId, clientX, clientY, buttons }: PointerEvent): void {
    const before = this.#down.get(pointerId);
    if (!before || !this.#cell) return;
    // It was let go of outside the window.
    if (buttons === 0) return void this.#down.delete(pointerId);
    const [from, spread] = middleOf([...this.#down.values()]);
    this.#down.set(pointerId, { x: clientX, y: clientY });
    const [to, spreadNow] = middleOf([...this.#down.values()]);
    this.#travelled += Math.hypot(clientX - before.x, clientY - before.y);
    const { width, height } = this.#cell.getBoundingClientRect();
    let view = this.#look();
    if (spread > 0) view = zoomBy(view, spreadNow / spread, placeIn(this.#cell, from));
    if (this.#travelled > TREMBLE) view = panBy(view, (from.x - to.x) / width, (from.y - to.y) / height);
    this.#show(view);
  }

  /** What was dragged was not clicked. */
  #onClick(event: MouseEvent): void {
    // A key's click has no place.
    if (this.#travelled <= TREMBLE || event.detail === 0 || !cellOf(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #onKey(event: KeyboardEvent): void {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const view = this.#look();
    const arrow = view.zoom > 1 ? ARROWS[key] : undefined;
    if (arrow) this.#show(panBy(view, ...arrow));
    else if (key === "+" || key === "=") this.#show(zoomBy(view, ZOOM_STEP));
    else if (key === "-" || key === "−") this.#show(zoomBy(view, 1 / ZOOM_STEP));
    else if (key === "0") this.#show(WHOLE);
    else return;
    event.preventDefault();
  }
}

function cellOf({ target }: Event): Element | null {
  return target instanceof Element ? target.closest("[data-zooms]") : null;
}

/** Where in a cell something is, in shares of its sides. */
function placeIn(cell: Element, { x, y }: Place): Place {
  const { left, top, width, height } = cell.getBoundingClientRect();
  return { x: (x - left) / width, y: (y - top) / height };
}

/** The middle of some pointers, and how far the first two are apart: 0 for one. */
function middleOf(places: readonly Place[]): readonly [middle: Place, spread: number] {
  const mean = (of: (place: Place) => number) => places.reduce((sum, place) => sum + of(place), 0) / places.length;
  const [one, other] = places;
  const spread = one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  return [{ x: mean(({ x }) => x), y: mean(({ y }) => y) }, spread];
}
