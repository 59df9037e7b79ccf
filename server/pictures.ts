import type { Services } from "../schema/context.ts";
import { DEFAULT_QUALITY } from "../limits.ts";
import type { FrameHandle } from "../transfers/api.ts";
import { notModified } from "./conditional.ts";
import { LOCAL_OWNER } from "./graphql.ts";

type Format = "jpg" | "png" | "webp";

const IMMUTABLE = "private, max-age=31536000, immutable";
/** A resumed transfer gets another result under the same path: caches have to ask, and are mostly told 304. */
const REVALIDATED = "private, no-cache";
const MIME_TYPES: Readonly<Record<Format, string>> = {
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};

const FORMATS = { jpg: "JPEG", png: "PNG", webp: "WEBP" } as const;

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
}

/** Answers `/images/:id`, `/transfers/:id/frames/:step.jpg|png|webp` and `/transfers/:id/result.jpg|png|webp`; else undefined. */
export async function servePicture(
  services: Services,
  request: Request,
  pathname: string,
): Promise<Response | undefined> {
  const find = route(services, pathname);
  if (!find) return undefined;
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Cannot change a picture: wanted GET\n", { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const found = await find();
  if (!found) {
    return new Response("Cannot find this picture\n", { status: 404, headers: { "cache-control": "no-store" } });
  }
  const headers = new Headers({
    "etag": found.etag,
    "cache-control": found.cacheControl,
    "content-type": found.mimeType,
    // Opened by itself, a picture is a page of this origin: it may do nothing.
    "content-security-policy": "default-src 'none'; sandbox",
  });
  const known = notModified(request, headers);
  if (known) return known;
  const content = await found.open();
  headers.set("content-length", String(content.byteLength));
  return new Response(request.method === "HEAD" ? null : await content.stream(), { headers });
}

function route(services: Services, pathname: string): (() => Promise<Found | null>) | undefined {
  const image = /^\/images\/([\w-]{1,100})$/.exec(pathname);
  if (image) return () => findImage(services, image[1]!, IMMUTABLE);
  const frame = /^\/transfers\/([\w-]{1,100})\/frames\/(\d{1,9})\.(jpg|png|webp)$/.exec(pathname);
  if (frame) return () => findFrame(services, frame[1]!, Number(frame[2]), frame[3] as Format);
  const result = /^\/transfers\/([\w-]{1,100})\/result\.(jpg|png|webp)$/.exec(pathname);
  if (result) return () => findResult(services, result[1]!, result[2] as Format);
  return undefined;
}

async function findImage({ transfers: { images } }: Services, id: string, cacheControl: string): Promise<Found | null> {
  const image = await images.get(LOCAL_OWNER, id);
  if (!image) return null;
  const { byteLength, mimeType } = image;
  const open = () => Promise.resolve({ byteLength, stream: () => images.stream(image) });
  return { etag: `"${image.sha256}"`, mimeType, cacheControl, open };
}

async function findFrame(services: Services, id: string, step: number, format: Format): Promise<Found | null> {
  if (!await services.transfers.get(LOCAL_OWNER, id)) return null;
  const frame = await services.transfers.frame(id, step);
  return frame && encoded(services, frame, format, IMMUTABLE);
}

async function findResult(services: Services, id: string, format: Format): Promise<Found | null> {
  const { transfers } = services;
  const transfer = await transfers.get(LOCAL_OWNER, id);
  if (!transfer || transfer.resultId === null) return null;
  const image = await findImage(services, transfer.resultId, REVALIDATED);
  if (image?.mimeType === MIME_TYPES[format]) return image;
  const frame = await transfers.frame(id, null);
  return frame && encoded(services, frame, format, REVALIDATED);
}

function encoded(services: Services, frame: FrameHandle, format: Format, cacheControl: string): Found {
  const encoding = { format: FORMATS[format], maxSize: null, quality: DEFAULT_QUALITY } as const;
  return {
    etag: `"${frame.transferId}-${frame.step}-${format}"`,
    mimeType: MIME_TYPES[format],
    cacheControl,
    open: async () => {
      const bytes = await services.frames.encode(frame, encoding);
      return { byteLength: bytes.byteLength, stream: () => bytes };
    },
  };
}
