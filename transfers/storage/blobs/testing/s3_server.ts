import { createHash } from "node:crypto";
import type { S3Credentials, S3Place } from "../s3_place.ts";

/** What goes wrong with a request. */
export type Mishap =
  /** It is refused, with S3's code where there is one. */
  | { readonly kind: "refused"; readonly status: number; readonly code?: string }
  /** It is done, and the answer says that it is not. */
  | { readonly kind: "lost" }
  /** It is not done, and not answered. */
  | { readonly kind: "silent" }
  /** The answer's body ends in the middle. */
  | { readonly kind: "cut" }
  /** The answer's body stops in the middle, and the connection stays. */
  | { readonly kind: "stalled" }
  /** A byte of the answer's body is another. */
  | { readonly kind: "garbled" };

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checksum: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

interface Upload {
  readonly name: string;
  readonly checksum: string | null;
  readonly at: number;
  readonly parts: Map<number, Uint8Array<ArrayBuffer>>;
}

const BUCKET = "pictures";
const PAGE = 1000;
/** Milliseconds by which what is signed may be off. */
const MOST_SKEW = 15 * 60 * 1000;

/**
 * A store in memory that speaks as much of S3's protocol as blobs take, and misbehaves when it is told to. It compares what
 * it is given with its SHA-256; signatures it only looks for: `s3_blobs_slow_test.ts` has them checked.
 */
export class S3Server implements AsyncDisposable {
  readonly place: S3Place;
  readonly credentials: S3Credentials = { accessKeyId: "ann", secretAccessKey: "hush-hush", sessionToken: "token" };
  /** What was asked, as `PUT gramcast/a partNumber uploadId`. */
  readonly asked: string[] = [];
  readonly objects = new Map<string, Stored>();
  readonly uploads = new Map<string, Upload>();
  /** Milliseconds by which its clock is ahead. */
  ahead = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #mishaps: { readonly of: RegExp; readonly mishap: Mishap }[] = [];
  readonly #ended = new AbortController();
  #listed: readonly (readonly [string, Stored])[] | null = null;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => this.#serve(request));
    const endpoint = new URL(`http://127.0.0.1:${this.#server.addr.port}`);
    const prefix = "gramcast/";
    this.place = { endpoint, publicEndpoint: endpoint, region: "eu-north-1", bucket: BUCKET, prefix, pathStyle: true };
  }

  /** These happen to the next requests that match, one each. @param of As in `asked`. */
  next(of: RegExp, ...mishaps: readonly Mishap[]): void {
    this.#mishaps.push(...mishaps.map((mishap) => ({ of, mishap })));
  }

  /** Lists from now on say what there is now. */
  goStale(): void {
    this.#listed = [...this.objects];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#server.shutdown();
  }

  async #serve(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const [, bucket, ...segments] = url.pathname.split("/");
    const name = segments.join("/");
    const words = [...url.searchParams.keys()].filter((word) => !/^(X-Amz|response)-/.test(word));
    const asked = [request.method, name, ...words].filter((word) => word !== "").join(" ");
    this.asked.push(asked);
    const body = await request.bytes();
    const index = this.#mishaps.findIndex(({ of }) => of.test(asked));
    const mishap = index === -1 ? undefined : this.#mishaps.splice(index, 1)[0]!.mishap;
    if (mishap?.kind === "silent") {
      await ended(AbortSignal.any([request.signal, this.#ended.signal]));
      return this.#refusal(503);
    }
    if (mishap?.kind === "refused") return this.#refusal(mishap.status, mishap.code);
    const answer = bucket === BUCKET
      ? this.#check(request, url, body) ?? await this.#answer(request, url, name, body)
      : this.#refusal(404, "NoSuchBucket");
    answer.headers.set("date", new Date(Date.now() + this.ahead).toUTCString());
    if (mishap === undefined) return answer;
    if (mishap.kind === "lost") return this.#refusal(500, "InternalError");
    return await spoilt(answer, mishap.kind, this.#ended.signal);
  }

  #check(request: Request, { searchParams }: URL, body: Uint8Array): Response | null {
    const at = searchParams.get("X-Amz-Date") ?? request.headers.get("x-amz-date") ?? "";
    const time = Date.parse(at.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
    const scope = `ann/${at.slice(0, 8)}/${this.place.region}/s3/aws4_request`;
    const signed = searchParams.has("X-Amz-Signature") && searchParams.get("X-Amz-Credential") === scope ||
      request.headers.get("authorization")?.includes(`Credential=${scope},`);
    const token = searchParams.get("X-Amz-Security-Token") ?? request.headers.get("x-amz-security-token");
    if (!signed || token !== this.credentials.sessionToken) return this.#refusal(403, "AccessDenied");
    if (!(Math.abs(time - Date.now() - this.ahead) < MOST_SKEW)) return this.#refusal(403, "RequestTimeTooSkewed");
    const sha256 = request.headers.get("x-amz-content-sha256");
    if (searchParams.has("X-Amz-Signature") || sha256 === createHash("sha256").update(body).digest("hex")) return null;
    return this.#refusal(400, "XAmzContentSHA256Mismatch");
  }

  async #answer(request: Request, url: URL, name: string, body: Uint8Array<ArrayBuffer>): Promise<Response> {
    const query = url.searchParams;
    const checksum = request.headers.get("x-amz-meta-sha256");
    const at = Date.now() + this.ahead;
    const uploadId = query.get("uploadId");
    const upload = this.uploads.get(uploadId ?? "");
    if (uploadId !== null && upload?.name !== name) return this.#refusal(404, "NoSuchUpload");
    switch (request.method) {
      case "GET":
      case "HEAD":
        if (name !== "") return this.#object(request, query, name);
        return query.has("uploads") ? this.#uploadList(query) : this.#objectList(query);
      case "PUT":
        if (upload !== undefined) {
          const part = Number(query.get("partNumber"));
          upload.parts.set(part, body);
          return new Response(null, { headers: { etag: `"${part}&"` } });
        }
        this.objects.set(name, { bytes: body, checksum, at });
        return new Response(null, { headers: { etag: '"whole"' } });
      case "POST": {
        if (upload === undefined) {
          const id = crypto.randomUUID();
          this.uploads.set(id, { name, checksum, at, parts: new Map() });
          return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
        }
        const parts = [...upload.parts].sort(([a], [b]) => a - b);
        const wanted = [...new TextDecoder().decode(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"\1&amp;"</g)];
        if (wanted.length !== parts.length) return this.#refusal(400, "InvalidPart");
        const bytes = await new Blob(parts.map(([, part]) => part)).bytes();
        this.objects.set(name, { bytes, checksum: upload.checksum, at });
        this.uploads.delete(uploadId!);
        return xml("<CompleteMultipartUploadResult/>");
      }
      default:
        if (uploadId !== null) this.uploads.delete(uploadId);
        else this.objects.delete(name);
        return new Response(null, { status: 204 });
    }
  }

  #object(request: Request, query: URLSearchParams, name: string): Response {
    const object = this.objects.get(name);
    if (object === undefined) return this.#refusal(404, "NoSuchKey");
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
    const part = first === undefined ? object.bytes : object.bytes.subarray(Number(first), Number(last) + 1);
    if (first !== undefined && part.length === 0) return this.#refusal(416, "InvalidRange");
    const headers = new Headers({ etag: '"whole"', "content-length": String(part.length) });
    if (object.checksum !== null) headers.set("x-amz-meta-sha256", object.checksum);
    for (const header of ["content-type", "content-disposition"]) {
      const value = query.get(`response-${header}`);
      if (value !== null) headers.set(header, value);
    }
    return new Response(request.method === "HEAD" ? null : part, { status: first === undefined ? 200 : 206, headers });
  }

  #objectList(query: URLSearchParams): Response {
    const after = query.get("continuation-token") ?? "";
    const found = (this.#listed ?? [...this.objects])
      .filter(([name]) => name.startsWith(query.get("prefix") ?? "") && name > after)
      .sort(([a], [b]) => a < b ? -1 : 1);
    const page = found.slice(0, Number(query.get("max-keys") ?? PAGE));
    const contents = page.map(([name, { bytes, at }]) =>
      `<Contents><Key>${encodeURIComponent(name)}</Key><LastModified>${new Date(at).toISOString()}</LastModified>` +
      `<Size>${bytes.length}</Size></Contents>`
    );
    const more = page.length < found.length;
    const token = more ? `<NextContinuationToken>${page.at(-1)![0]}</NextContinuationToken>` : "";
    return xml(
      `<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents.join("")}</ListBucketResult>`,
    );
  }

  #uploadList(query: URLSearchParams): Response {
    const after = query.get("upload-id-marker") ?? "";
    const [next, ...others] = [...this.uploads].sort(([a], [b]) => a < b ? -1 : 1).filter(([id]) => id > after);
    const [id = "", { name, at } = { name: "", at: 0 }] = next ?? [];
    const upload = next && `<Upload><Key>${encodeURIComponent(name)}</Key><UploadId>${id}</UploadId>` +
        `<Initiated>${new Date(at).toISOString()}</Initiated></Upload>`;
    const markers = `<NextKeyMarker>${name}</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`;
    return xml(
      `<ListMultipartUploadsResult><IsTruncated>${others.length > 0}</IsTruncated>${upload ?? ""}${markers}` +
        `</ListMultipartUploadsResult>`,
    );
  }

  #refusal(status: number, code?: string): Response {
    const body = code === undefined
      ? "<html>Gateway</html>"
      : `<Error><Code>${code}</Code><Key>hush-hush</Key></Error>`;
    const date = new Date(Date.now() + this.ahead).toUTCString();
    return new Response(body, { status, headers: { "content-type": "application/xml", date } });
  }
}

function xml(body: string): Response {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
  return new Response(text, { headers: { "content-type": "application/xml" } });
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve()));
}

async function spoilt(answer: Response, how: "cut" | "stalled" | "garbled", signal: AbortSignal): Promise<Response> {
  const { status, headers } = answer;
  const bytes = await answer.bytes();
  headers.set("content-length", String(bytes.length));
  if (how === "garbled") {
    const garbled = bytes.map((byte, i) => i === bytes.length >> 1 ? byte ^ 1 : byte);
    return new Response(garbled, { status, headers });
  }
  let begun = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!begun) controller.enqueue(bytes.subarray(0, bytes.length >> 1));
      else if (how === "cut") controller.close();
      else await ended(signal);
      begun = true;
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status, headers });
}
