/** Tags of TIFF 6.0 that matter here. */
export const TIFF_COMPRESSION = 259;
export const TIFF_PHOTOMETRIC = 262;

const SHORT = 3;
const LONG = 4;

/**
 * Reads the numbers in the first directory of a TIFF or BigTIFF file: tags that hold a single SHORT or LONG. Everything
 * else, and everything past a broken place, is left out.
 *
 * @returns Values by tag.
 */
export function readTiffTags(bytes: Uint8Array): Map<number, number> {
  const tags = new Map<number, number>();
  if (bytes.byteLength < 8) return tags;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  // [bytes of the count of entries, of one entry, from an entry's start to its value]
  const [countBytes, entryBytes, valueAt] = big ? [8, 20, 12] : [2, 12, 8];
  if (big && bytes.byteLength < 16) return tags;
  const start = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  if (start + countBytes > bytes.byteLength) return tags;
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  for (let i = 0; i < count; i++) {
    const entry = start + countBytes + i * entryBytes;
    if (entry + entryBytes > bytes.byteLength) break;
    const type = view.getUint16(entry + 2, little);
    const values = big ? Number(view.getBigUint64(entry + 4, little)) : view.getUint32(entry + 4, little);
    if (values !== 1) continue;
    const tag = view.getUint16(entry, little);
    if (type === SHORT) tags.set(tag, view.getUint16(entry + valueAt, little));
    if (type === LONG) tags.set(tag, view.getUint32(entry + valueAt, little));
  }
  return tags;
}
