/** Media types of an answer; of those that are equally welcome, the first. */
export const MEDIA_TYPES = ["application/json", "application/graphql-response+json", "text/event-stream"] as const;
export type MediaType = typeof MEDIA_TYPES[number];

/** A range of an `Accept` header that is about one of our types. */
interface Match {
  readonly quality: number;
  /** How precisely the range names the type: 0 for any, 1 for any of its kind, 2 for itself. */
  readonly precision: number;
  /** Place of the range in the header. */
  readonly place: number;
}

/**
 * The media types that an `Accept` header welcomes, the most welcome first (RFC 9110, section 12.5.1). Of types that are
 * equally welcome, those that the header names itself come first, in its order.
 *
 * @param accept The header; null where there is none, which welcomes everything.
 */
export function acceptable(accept: string | null): readonly MediaType[] {
  const ranges = (accept?.trim() || "*/*").toLowerCase().split(",").map(parseRange);
  return MEDIA_TYPES
    .map((type) => ({ type, match: bestMatch(type, ranges) }))
    .filter(({ match }) => match !== undefined && match.quality > 0)
    .sort(({ match: a }, { match: b }) => b!.quality - a!.quality || b!.precision - a!.precision || a!.place - b!.place)
    .map(({ type }) => type);
}

interface Range {
  readonly name: string;
  readonly quality: number;
}

function parseRange(text: string): Range {
  const [name = "", ...parameters] = text.split(";").map((part) => part.trim());
  const value = (key: string) =>
    parameters.find((parameter) => parameter.startsWith(`${key}=`))?.slice(key.length + 1).replaceAll('"', "");
  const charset = value("charset") ?? "utf-8";
  const quality = Number(value("q") ?? 1);
  return { name, quality: charset === "utf-8" && quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The range that names `type` most precisely decides over it. */
function bestMatch(type: MediaType, ranges: readonly Range[]): Match | undefined {
  const kind = `${type.split("/")[0]}/*`;
  return ranges
    .map(({ name, quality }, place) => ({ quality, place, precision: ["*/*", kind, type].indexOf(name) }))
    .filter(({ precision }) => precision >= 0)
    .sort((a, b) => b.precision - a.precision)[0];
}
