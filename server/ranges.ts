/**
 * A part of an answer (RFC 9110, section 14), for downloads that go on where they broke off: one range of bytes. Whoever
 * asks for several gets all, as the RFC allows.
 *
 * @module
 */

/** Positions of bytes, both within. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** The answer with a body, or with the part of it that the request asks for: 200, 206 or 416. */
export function inRange(request: Request, whole: Response): Response {
  const { headers } = whole;
  headers.set("accept-ranges", "bytes");
  const length = Number(headers.get("content-length"));
  const range = rangeOf(request, headers.get("etag"), length);
  if (range === undefined) return whole;
  if (range === null) {
    void whole.body?.cancel();
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${length}`, "cache-control": "no-store" },
    });
  }
  const { first, last } = range;
  headers.set("content-range", `bytes ${first}-${last}/${length}`);
  headers.set("content-length", String(last - first + 1));
  return new Response(ReadableStream.from(part(whole.body!, range)), { status: 206, headers });
}

/** Undefined for all of it, null for nothing that is there. */
function rangeOf(request: Request, etag: string | null, length: number): Range | null | undefined {
  const asked = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(request.headers.get("range") ?? "");
  if (!asked || request.method !== "GET") return undefined;
  // Of another version, or of a moment, which pictures do not have.
  const only = request.headers.get("if-range");
  if (only !== null && only.trim() !== etag) return undefined;
  const [from = "", to = ""] = asked.slice(1);
  if (from === "") {
    if (to === "") return undefined;
    return Number(to) === 0 || length === 0 ? null : { first: Math.max(0, length - Number(to)), last: length - 1 };
  }
  const first = Number(from);
  if (to !== "" && Number(to) < first) return undefined;
  return first >= length ? null : { first, last: Math.min(to === "" ? Infinity : Number(to), length - 1) };
}

async function* part(body: ReadableStream<Uint8Array>, { first, last }: Range): AsyncGenerator<Uint8Array, void> {
  let at = 0;
  for await (const chunk of body) {
    const wanted = chunk.subarray(Math.max(0, first - at), Math.max(0, last + 1 - at));
    if (wanted.byteLength > 0) yield wanted;
    at += chunk.byteLength;
    if (at > last) return;
  }
}
