/**
 * What a picture was made from, as JSON in its own metadata: in an XMP packet, which PNG, JPEG and WebP files all have room
 * for and which programs that edit pictures leave there.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ownBytes, sharp } from "./sharp.ts";

const NAMESPACE = "https://gramcast.org/ns/recipe/1.0/";
const RECIPE = /<gramcast:recipe>([^<]*)<\/gramcast:recipe>/;
/** Characters of a recipe that is read. */
const MAX_RECIPE = 2 ** 15;
const ENTITIES: readonly (readonly [character: string, entity: string])[] = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
];

/** An XMP packet with a recipe. */
export function recipePacket(recipe: string): string {
  const text = ENTITIES.reduce((text, [character, entity]) => text.replaceAll(character, entity), recipe);
  return `<?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description rdf:about="" xmlns:gramcast="${NAMESPACE}"><gramcast:recipe>${text}</gramcast:recipe>` +
    `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
}

/** The recipe in a file; null where there is none. Whoever made the file wrote it: it may say anything. */
export async function readRecipe(file: Uint8Array): Promise<string | null> {
  const { xmpAsString = "" } = await sharp(file).metadata().catch(() => ({ xmpAsString: "" }));
  const text = RECIPE.exec(xmpAsString)?.[1];
  if (text === undefined || text.length > MAX_RECIPE) return null;
  return ENTITIES.toReversed().reduce((text, [character, entity]) => text.replaceAll(entity, character), text);
}

/** What stands before an XMP packet in a JPEG's APP1 segment, with its zero at the end. */
const XMP_SEGMENT = new TextEncoder().encode("http://ns.adobe.com/xap/1.0/\0");
const APP0 = 0xe0;
const APP1 = 0xe1;

/** A JPEG file with an XMP packet, behind the segment that has to be first. imagescript writes no metadata. */
export function jpegWithPacket(file: Uint8Array, packet: string): Uint8Array<ArrayBuffer> {
  const body = Buffer.concat([XMP_SEGMENT, new TextEncoder().encode(packet)]);
  const head = new Uint8Array(4);
  const view = new DataView(head.buffer);
  view.setUint16(0, 0xff00 | APP1);
  // Its own two bytes count.
  view.setUint16(2, body.length + 2);
  const at = file[3] === APP0 ? 4 + new DataView(file.buffer, file.byteOffset).getUint16(4) : 2;
  return ownBytes(Buffer.concat([file.subarray(0, at), head, body, file.subarray(at)]));
}
