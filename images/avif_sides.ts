import type { Size } from "../engine/picture.ts";

/** Boxes within boxes, down to those that say how large pictures are (ISO/IEC 23008-12). */
const PATH = ["meta", "iprp", "ipco", "ispe"];
/** Bytes of version and flags, which some boxes begin with. */
const FLAGS = 4;

/**
 * The sizes that an AVIF says its pictures have, in pixels: up to 2³² - 1, of which libvips makes negative ones and
 * complains of them on stderr. What lies past a broken place is left out.
 */
export function* sidesOfAvif(bytes: Uint8Array): Generator<Size, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [body, end] of bodiesAt(view, 0, bytes.byteLength, PATH)) {
    if (body + FLAGS + 8 > end) continue;
    yield { width: view.getUint32(body + FLAGS), height: view.getUint32(body + FLAGS + 4) };
  }
}

/** From where to where the bodies of boxes go that are reached by a path, between two places. */
function* bodiesAt(
  view: DataView,
  from: number,
  to: number,
  [name, ...rest]: readonly string[],
): Generator<[number, number], void> {
  for (let at = from; at + 8 <= to;) {
    const short = view.getUint32(at);
    const isLong = short === 1;
    const body = at + (isLong ? 16 : 8);
    if (body > to) return;
    // A box without a size goes on to the end.
    const size = isLong ? Number(view.getBigUint64(at + 8)) : short || to - at;
    const end = Math.min(at + size, to);
    if (end < body) return;
    if (nameAt(view, at + 4) === name) {
      if (rest.length === 0) yield [body, end];
      else yield* bodiesAt(view, name === "meta" ? body + FLAGS : body, end, rest);
    }
    at = end;
  }
}

function nameAt(view: DataView, at: number): string {
  return String.fromCharCode(...Array.from({ length: 4 }, (_, i) => view.getUint8(at + i)));
}
