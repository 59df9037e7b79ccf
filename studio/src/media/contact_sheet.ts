/** The head of a row or a column: its pictures and what it says. */
export interface DrawnHead {
  readonly urls: readonly string[];
  readonly lines: readonly string[];
}

/** A contact sheet to be drawn. */
export interface DrawnSheet {
  readonly rows: readonly DrawnHead[];
  readonly columns: readonly DrawnHead[];
  /** Address of the picture where a row and a column meet; none where there is nothing. */
  readonly urlAt: (row: number, column: number) => string | undefined;
}

/** Longest side of a picture, and what else there is, in pixels. */
const CELL = 360;
const GAP = 16;
const THUMB = 88;
const ROW_HEAD = 200;
const LINE = 24;
const FONT = '18px "Iowan Old Style", Palatino, Georgia, serif';
const PAPER = "#fdfbf6";
const INK = "#1c2233";
/** Longest side of a sheet, which every browser can draw. */
const LARGEST = 8000;

/**
 * Draws a contact sheet as one PNG.
 *
 * @throws {Error} When a picture cannot be read.
 */
export async function drawSheet({ rows, columns, urlAt }: DrawnSheet): Promise<Blob> {
  const columnHead = THUMB + GAP + LINE * Math.max(...columns.map(({ lines }) => lines.length));
  const width = ROW_HEAD + columns.length * (CELL + GAP) + 2 * GAP;
  const heights: number[] = [];
  // Rows are as high as their pictures are: these have to be known before the canvas is.
  for (let row = 0; row < rows.length; row++) {
    const url = columns.map((_, column) => urlAt(row, column)).find((url) => url !== undefined);
    const shown = url === undefined ? null : await load(url);
    heights.push(Math.max(shown ? heightOf(shown) : 0, THUMB + GAP + LINE * rows[row]!.lines.length));
  }
  const height = columnHead + heights.reduce((sum, each) => sum + each + GAP, 0) + 2 * GAP;
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d")!;
  pen.scale(scale, scale);
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, width, height);
  for (const [i, head] of columns.entries()) await drawHead(pen, head, ROW_HEAD + GAP + i * (CELL + GAP), GAP, CELL);
  let top = columnHead + GAP;
  for (const [row, head] of rows.entries()) {
    await drawHead(pen, head, GAP, top, ROW_HEAD - GAP);
    for (let column = 0; column < columns.length; column++) {
      const url = urlAt(row, column);
      if (url === undefined) continue;
      const image = await load(url);
      pen.drawImage(image, ROW_HEAD + GAP + column * (CELL + GAP), top, widthOf(image), heightOf(image));
    }
    top += heights[row]! + GAP;
  }
  const { promise, resolve, reject } = Promise.withResolvers<Blob>();
  canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error("Cannot draw so large a sheet")), "image/png");
  return await promise;
}

async function drawHead(
  pen: CanvasRenderingContext2D,
  { urls, lines }: DrawnHead,
  left: number,
  top: number,
  room: number,
): Promise<void> {
  for (const [i, url] of urls.entries()) {
    const image = await load(url);
    const side = Math.min(image.naturalWidth, image.naturalHeight);
    const [x, y] = [(image.naturalWidth - side) / 2, (image.naturalHeight - side) / 2];
    pen.drawImage(image, x, y, side, side, left + i * (THUMB + GAP / 2), top, THUMB, THUMB);
  }
  pen.font = FONT;
  pen.fillStyle = INK;
  for (const [i, line] of lines.entries()) pen.fillText(line, left, top + THUMB + (i + 1) * LINE, room);
}

async function load(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function widthOf({ naturalWidth, naturalHeight }: HTMLImageElement): number {
  return CELL * naturalWidth / Math.max(naturalWidth, naturalHeight);
}

function heightOf({ naturalWidth, naturalHeight }: HTMLImageElement): number {
  return CELL * naturalHeight / Math.max(naturalWidth, naturalHeight);
}
