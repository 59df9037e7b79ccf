import type { Session } from "../access/access.ts";
import { GramcastError } from "../errors.ts";
import type { Services } from "../schema/context.ts";
import { DEFAULT_QUALITY } from "../limits.ts";
import {
  type FileFormat,
  fileFormatOfEnding,
  isFine,
  isMoving,
  mimeTypeOfWritten,
  type MovingFormat,
  WRITTEN_ENDINGS,
  type WrittenFormat,
} from "../images/written_format.ts";
import { refused } from "../values.ts";
import { framesIn, stepsBefore } from "../engine/options/moving_schedule.ts";
import type { FrameHandle, Transfers } from "../transfers/api.ts";
import type { TransferRecord } from "../transfers/types.ts";
import { notModified } from "./conditional.ts";
import { inRange } from "./ranges.ts";

const IMMUTABLE = "private, max-age=31536000, immutable";
/** A resumed transfer gets another result under the same path: caches have to ask, and are mostly told 304. */
const REVALIDATED = "private, no-cache";
/** A link is good for longer than this. */
const LINKED = "private, max-age=120";

/** Opened by itself, a picture is a page of this origin: it may do nothing. */
const PICTURE_POLICY = "default-src 'none'; sandbox";
/** The page of a film loads the film, which other origins may not. */
const FILM_POLICY = "default-src 'none'; media-src 'self'; sandbox allow-same-origin";

/** Where pictures come from: what the caller may see, and what encodes frames. */
interface Source extends Pick<Services, "frames"> {
  readonly transfers: Transfers;
  /** Of who asks. */
  readonly signal: AbortSignal;
}

/** What is to be sent; a stream is opened only for who takes it. */
interface Content {
  readonly byteLength: number;
  stream(): BodyInit | Promise<BodyInit>;
}

interface Found {
  readonly etag: string;
  readonly mimeType: string;
  readonly cacheControl: string;
  open(): Promise<Content>;
  /** An address to which whoever asks is sent instead, for some minutes; null where there is none. */
  link?(): Promise<string | null>;
}

/**
 * Answers `/images/:id`, `/transfers/:id/frames/:step` and `/transfers/:id/result`, these with an ending of
 * `WRITTEN_ENDINGS` or with `?format=` and one of them, which goes before an ending; a result as PNG or TIFF with `?bits=16`,
 * too, and one that moves as `mp4`. Else undefined.
 */
export async function servePicture(
  services: Pick<Services, "frames" | "transfers">,
  admit: () => Promise<Session>,
  request: Request,
  pathname: string,
): Promise<Response | undefined> {
  const { searchParams } = new URL(request.url);
  const find = route(pathname, searchParams.get("format"), searchParams.get("bits"));
  if (!find || find instanceof Response) return find;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Cannot change a picture: wanted GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const { caller } = await admit();
  const found = await find({
    frames: services.frames,
    transfers: services.transfers.as(caller),
    signal: request.signal,
  });
  if (!found) {
    return new Response("Cannot find this picture\n", { status: 404, headers: { "cache-control": "no-store" } });
  }
  const headers = new Headers({
    "etag": found.etag,
    "cache-control": found.cacheControl,
    "vary": "authorization, sec-fetch-mode, sec-fetch-site",
    "content-type": found.mimeType,
    "content-security-policy": found.mimeType === "video/mp4" ? FILM_POLICY : PICTURE_POLICY,
  });
  const known = notModified(request, headers);
  if (known) return known;
  const link = mayLeadElsewhere(request) ? await found.link?.() ?? null : null;
  if (link !== null) {
    headers.set("location", link);
    if (found.cacheControl === IMMUTABLE) headers.set("cache-control", LINKED);
    headers.delete("content-type");
    return new Response(null, { status: 307, headers });
  }
  const content = await found.open();
  headers.set("content-length", String(content.byteLength));
  return inRange(request, new Response(request.method === "HEAD" ? null : await content.stream(), { headers }));
}

/**
 * Whether who asks gets a picture from another origin, too. Of pages those do that show it as it is; a script would need
 * that origin's leave, and the studio's page loads from its own alone. What says nothing of it is no page.
 */
function mayLeadElsewhere({ method, headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  const shows = ["navigate", "no-cors"].includes(headers.get("sec-fetch-mode") ?? "");
  return method === "GET" && (site === null || site !== "same-origin" && shows);
}

/** What a path asks for; a response where it asks for what there is not; undefined for other paths. */
function route(
  pathname: string,
  asked: string | null,
  bits: string | null,
): ((source: Source) => Promise<Found | null>) | Response | undefined {
  const image = /^\/images\/([\w-]{1,100})$/.exec(pathname);
  if (image) return (source) => findImage(source, image[1]!, IMMUTABLE);
  const painting = /^\/transfers\/([\w-]{1,100})\/(?:result|frames\/(\d{1,9}))(?:\.(\w{1,8}))?$/.exec(pathname);
  if (!painting) return undefined;
  const [, id = "", step, ending = ""] = painting;
  const format = fileFormatOfEnding(asked ?? ending);
  if (format === null) {
    return asked === null ? undefined : refusal("format", asked, `one of ${WRITTEN_ENDINGS.join(", ")}`);
  }
  if (bits !== null && bits !== "8" && bits !== "16") return refusal("bits", bits, "8 or 16");
  if (step !== undefined) {
    if (bits === "16") return refusal("bits", bits, "8 for a frame, or 16 for a result");
    if (format === "MP4") return refusal("format", "mp4", `one of ${WRITTEN_ENDINGS.join(", ")} for a frame`);
    return (source) => findFrame(source, id, Number(step), format);
  }
  if (bits !== "16") return (source) => findResult(source, id, format);
  if (!isFine(format)) return refusal("bits", bits, "8, or 16 with PNG or TIFF");
  return (source) => findFineResult(source, id, format);
}

function refusal(field: string, found: string, wanted: string): Response {
  const { message } = refused(field, found, wanted);
  return new Response(`${message}\n`, { status: 400, headers: { "cache-control": "no-store" } });
}

async function findImage({ transfers: { images } }: Source, id: string, cacheControl: string): Promise<Found | null> {
  const image = await images.get(id);
  if (!image) return null;
  const { byteLength, mimeType } = image;
  const open = () => Promise.resolve({ byteLength, stream: () => images.stream(image) });
  return { etag: `"${image.sha256}"`, mimeType, cacheControl, open, link: () => images.link(image) };
}

async function findFrame(source: Source, id: string, step: number, format: WrittenFormat): Promise<Found | null> {
  const frame = await source.transfers.frame(id, step);
  return frame && encoded(source, frame, format, IMMUTABLE);
}

async function findResult(source: Source, id: string, format: FileFormat): Promise<Found | null> {
  const { transfers } = source;
  const transfer = await transfers.get(id);
  if (!transfer || transfer.resultId === null) return null;
  const image = await findImage(source, transfer.resultId, REVALIDATED);
  if (image?.mimeType === mimeTypeOfWritten(format)) return image;
  const moves = framesIn(transfer.options) > 1;
  if (moves && image && isMoving(format)) return findMoving(source, id, image.etag, format);
  if (format === "MP4") {
    throw refused("format", "mp4", `one of ${WRITTEN_ENDINGS.join(", ")} for a result that does not move`);
  }
  const frame = await stillOf(transfers, transfer);
  return frame && encoded(source, frame, format, REVALIDATED, () => transfers.recipe(id));
}

async function findFineResult(source: Source, id: string, format: WrittenFormat): Promise<Found | null> {
  const { transfers } = source;
  const transfer = await transfers.get(id);
  if (!transfer || transfer.resultId === null) return null;
  const frame = await stillOf(transfers, transfer);
  return frame && encoded(source, frame, format, REVALIDATED, () => transfers.recipe(id), 16);
}

/** A result as a picture that stands still: of what moves, its first frame. */
function stillOf(transfers: Transfers, { id, options }: TransferRecord): Promise<FrameHandle | null> {
  return transfers.frame(id, framesIn(options) > 1 ? stepsBefore(options, 1) : null);
}

/** A result that moves, in another format than its own. @param etag Of its own. */
function findMoving({ transfers, signal }: Source, id: string, etag: string, format: MovingFormat): Found {
  const { images } = transfers;
  return {
    etag: etag.replace(/"$/, `-${format}"`),
    mimeType: mimeTypeOfWritten(format),
    cacheControl: REVALIDATED,
    open: async () => {
      const made = await transfers.movingResult(id, format, signal);
      if (made === null) throw new GramcastError("NOT_FOUND", "Cannot find this picture: it has been deleted");
      return { byteLength: made.byteLength, stream: () => made instanceof Uint8Array ? made : images.stream(made) };
    },
    link: async () => {
      const kept = await transfers.keptMovingResult(id, format);
      return kept && await images.link(kept);
    },
  };
}

function encoded(
  { frames }: Source,
  frame: FrameHandle,
  format: WrittenFormat,
  cacheControl: string,
  recipe: () => Promise<string | null> = () => Promise.resolve(null),
  bits: 8 | 16 = 8,
): Found {
  const encoding = { format, maxSize: null, quality: DEFAULT_QUALITY, bits } as const;
  return {
    etag: `"${frame.transferId}-${frame.step}-${format}${bits === 16 ? "-16" : ""}"`,
    mimeType: mimeTypeOfWritten(format),
    cacheControl,
    open: async () => {
      const bytes = await frames.encode(frame, { ...encoding, recipe: await recipe() });
      return { byteLength: bytes.byteLength, stream: () => bytes };
    },
  };
}
