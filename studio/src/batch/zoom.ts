/** What every cell of a contact sheet shows of its picture. */
export interface View {
  /** Times as large as the whole picture, 1 to `LARGEST_ZOOM`. */
  readonly zoom: number;
  /** The middle of what is shown, in shares of the picture's sides, 0 to 1. */
  readonly x: number;
  readonly y: number;
}

/** A place in a cell, in shares of its sides from the upper left, 0 to 1. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export const WHOLE: View = { zoom: 1, x: 0.5, y: 0.5 };
export const LARGEST_ZOOM = 16;
const MIDDLE: Place = { x: 0.5, y: 0.5 };

/** Makes everything larger by a factor; what lies at a place of the cell stays there, as far as the picture reaches. */
export function zoomBy(view: View, factor: number, at: Place = MIDDLE): View {
  const zoom = Math.min(Math.max(view.zoom * factor, 1), LARGEST_ZOOM);
  const gain = 1 / view.zoom - 1 / zoom;
  return within({ zoom, x: view.x + (at.x - 0.5) * gain, y: view.y + (at.y - 0.5) * gain });
}

/** Moves what is shown to the right and down, by shares of the cell's sides. */
export function panBy({ zoom, x, y }: View, right: number, down: number): View {
  return within({ zoom, x: x + right / zoom, y: y + down / zoom });
}

/** The view as CSS wants it for a picture that fills its cell, transformed about its upper left corner. */
export function transformOf({ zoom, x, y }: View): string {
  return `translate(${50 - 100 * x * zoom}%, ${50 - 100 * y * zoom}%) scale(${zoom})`;
}

/** No cell shows what is beside its picture. */
function within({ zoom, x, y }: View): View {
  const edge = 0.5 / zoom;
  const kept = (value: number) => Math.min(Math.max(value, edge), 1 - edge);
  return { zoom, x: kept(x), y: kept(y) };
}
