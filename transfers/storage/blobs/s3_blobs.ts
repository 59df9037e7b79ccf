import type { Log } from "../../log.ts";
import { sha256Hex } from "../../sha256.ts";
import { damageOf, type OpenBlob, type Pieces, readChecked, streamChecked } from "./checked.ts";
import {
  type BlobEntry,
  type BlobStore,
  type ByteRange,
  checkKey,
  isKey,
  LEFTOVER_MILLISECONDS,
  type LinkOptions,
} from "./ports.ts";
import { S3Fault } from "./s3_fault.ts";
import type { S3Credentials, S3Place } from "./s3_place.ts";
import { PATIENCE, type Patience, type S3Answer, type S3Request, S3Requests } from "./s3_requests.ts";
import { elementsOf, errorCode, parseAnswer, textIn, textOf, type XmlElement } from "./s3_xml.ts";

/**
 * Holds the SHA-256 of an object, in hexadecimal. It is ours: S3's own checksums are not everywhere, some stores refuse
 * requests that name them, and of what was put in parts they say nothing about the whole.
 */
const CHECKSUM = "x-amz-meta-sha256";
/** Bytes of a part; the last may be smaller, and stores take no others below 5 MiB. */
const PART_BYTES = 8 * 2 ** 20;
/** Parts that are under way at once. */
const PARTS_AT_ONCE = 3;
/** No store takes links that are good for longer. */
const LONGEST_LINK = 7 * 24 * 60 * 60;
/** Codes of what may be over at the next try, where no status says so. */
const PASSING = /^(InternalError|ServiceUnavailable|SlowDown|RequestTimeout)$/;
const NOT_FOUND = 404;
const OUT_OF_RANGE = 416;

export interface S3BlobsOptions {
  readonly patience?: Patience;
  /** Entries of a page of a list; as many as the store gives where it is left out. */
  readonly pageKeys?: number;
  /** Bytes of a part. What is larger than two of them is put in parts. */
  readonly partBytes?: number;
}

/** What is answered in XML. */
interface Told {
  readonly root: XmlElement;
  /** The store's time, in milliseconds since the epoch; null where it does not say. */
  readonly date: number | null;
}

/** Blobs in a bucket of a store that speaks S3's protocol, each an object. */
export class S3Blobs implements BlobStore {
  readonly #place: S3Place;
  readonly #requests: S3Requests;
  readonly #log: Log;
  readonly #pageKeys: number | undefined;
  readonly #partBytes: number;

  private constructor(place: S3Place, requests: S3Requests, log: Log, options: S3BlobsOptions) {
    this.#place = place;
    this.#requests = requests;
    this.#log = log;
    this.#pageKeys = options.pageKeys;
    this.#partBytes = options.partBytes ?? PART_BYTES;
  }

  /** @throws {GramcastError} STORAGE_UNAVAILABLE where the bucket cannot be listed. */
  static async open(
    place: S3Place,
    credentials: S3Credentials,
    log: Log,
    options: S3BlobsOptions = {},
  ): Promise<S3Blobs> {
    const requests = new S3Requests(place, credentials, options.patience ?? PATIENCE);
    try {
      const blobs = new S3Blobs(place, requests, log, options);
      await blobs.#attempt("use", () => blobs.#page("", undefined, 1));
      return blobs;
    } catch (error) {
      requests.close();
      throw error;
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key);
    const sha256 = await sha256Hex(bytes);
    const headers = { [CHECKSUM]: sha256, "content-type": "application/octet-stream" };
    const name = this.#place.prefix + key;
    await this.#attempt("write to", async () => {
      if (bytes.length > 2 * this.#partBytes) await this.#putInParts(name, headers, bytes);
      else await this.#do({ method: "PUT", name, headers, body: bytes, sha256 });
    });
  }

  async get(key: string): Promise<Uint8Array<ArrayBuffer> | null> {
    checkKey(key);
    return await this.#attempt("read from", async () => {
      // What is damaged may have become so on its way.
      for (let tries = 1; tries <= 2; tries++) {
        const blob = await this.#open(key);
        if (blob === null) return null;
        const bytes = await readChecked(blob);
        if (bytes !== null) return bytes;
      }
      this.#log.warn(damageOf(key));
      return null;
    });
  }

  async stream(key: string, range?: ByteRange): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null> {
    checkKey(key);
    const blob = await this.#attempt("read from", () => this.#open(key, range));
    if (blob === null) return null;
    const { pieces } = blob;
    return streamChecked(key, {
      ...blob,
      pieces: {
        next: () => this.#attempt("read from", () => pieces.next()),
        close: () => pieces.close(),
      },
    });
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    await this.#attempt("remove from", () => this.#delete(this.#place.prefix + key));
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    const start = this.#place.prefix;
    for (let token: string | undefined, more = true; more;) {
      const { root, date } = await this.#attempt("list", () => this.#page(prefix, token, this.#pageKeys));
      for (const entry of elementsOf(root, "Contents")) {
        const key = decoded(textIn(entry, "Key")).slice(start.length);
        // The bucket may be others', too.
        if (!isKey(key)) continue;
        const modified = Date.parse(textIn(entry, "LastModified"));
        yield { key, bytes: Number(textIn(entry, "Size")), age: Math.max(0, (date ?? modified) - modified) };
      }
      token = textOf(root, "NextContinuationToken");
      more = textOf(root, "IsTruncated") === "true" && token !== undefined;
    }
  }

  /** Removes parts of objects that were never completed, as far as the store tells of them. */
  async sweep(): Promise<void> {
    await this.#attempt("sweep", async () => {
      for (let after: Record<string, string> = {}, more = true; more;) {
        const query = { uploads: "", prefix: this.#place.prefix, "encoding-type": "url", ...after };
        const { root, date } = await this.#read({ method: "GET", name: "", query }, "ListMultipartUploadsResult");
        for (const upload of elementsOf(root, "Upload")) {
          const begun = Date.parse(textIn(upload, "Initiated"));
          const name = decoded(textIn(upload, "Key"));
          const ours = isKey(name.slice(this.#place.prefix.length));
          if (!ours || (date ?? begun) - begun <= LEFTOVER_MILLISECONDS) continue;
          await this.#delete(name, { uploadId: textIn(upload, "UploadId") });
        }
        const key = textOf(root, "NextKeyMarker");
        after = { "key-marker": decoded(key ?? ""), "upload-id-marker": textOf(root, "NextUploadIdMarker") ?? "" };
        more = textOf(root, "IsTruncated") === "true" && key !== undefined;
      }
    });
  }

  async presign(key: string, { seconds, contentType, fileName }: LinkOptions): Promise<string | null> {
    checkKey(key);
    const { publicEndpoint, prefix } = this.#place;
    if (publicEndpoint === null) return null;
    if (fileName !== null && !/^[\w.-]+$/.test(fileName)) throw new Error(`Cannot use "${fileName}" as a file's name`);
    return await this.#requests.link(publicEndpoint, prefix + key, Math.min(Math.ceil(seconds), LONGEST_LINK), {
      "response-content-type": contentType,
      "response-content-disposition": fileName === null ? "inline" : `attachment; filename="${fileName}"`,
    });
  }

  close(): Promise<void> {
    this.#requests.close();
    return Promise.resolve();
  }

  async #page(prefix: string, token: string | undefined, keys: number | undefined): Promise<Told> {
    const query = {
      "list-type": "2",
      // Other programs' keys may have what cannot stand in XML.
      "encoding-type": "url",
      prefix: this.#place.prefix + prefix,
      ...(keys === undefined ? {} : { "max-keys": String(keys) }),
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    return await this.#read({ method: "GET", name: "", query }, "ListBucketResult");
  }

  /** @param name Of the element that is answered. */
  async #read(request: S3Request, name: string): Promise<Told> {
    return await this.#requests.ask(request, async (answer) => ({
      root: parseAnswer(await answer.text(), name),
      date: answer.date,
    }));
  }

  async #putInParts(name: string, headers: Record<string, string>, bytes: Uint8Array): Promise<void> {
    const request = { method: "POST", name, query: { uploads: "" }, headers } as const;
    const upload = textIn((await this.#read(request, "InitiateMultipartUploadResult")).root, "UploadId");
    try {
      const etags = await this.#putParts(name, upload, bytes);
      await this.#complete(name, upload, etags, headers[CHECKSUM]!);
    } catch (error) {
      // What stays is swept.
      await this.#delete(name, { uploadId: upload }).catch(() => {});
      throw error;
    }
  }

  /** @returns S3's names of the parts, in order. */
  async #putParts(name: string, uploadId: string, bytes: Uint8Array): Promise<string[]> {
    const count = Math.ceil(bytes.length / this.#partBytes);
    const etags = new Array<string>(count);
    const numbers = Array.from({ length: count }, (_, i) => i).values();
    const ended = await Promise.allSettled(Array.from({ length: PARTS_AT_ONCE }, async () => {
      for (const i of numbers) {
        const body = bytes.subarray(i * this.#partBytes, (i + 1) * this.#partBytes);
        const query = { partNumber: String(i + 1), uploadId };
        try {
          const request = { method: "PUT", name, query, body, sha256: await sha256Hex(body) } as const;
          etags[i] = await this.#requests.ask(request, async (answer) => {
            await answer.text();
            const etag = answer.headers.get("etag");
            if (etag === null) throw new S3Fault("an answer without ETag");
            return etag;
          });
        } catch (error) {
          // The others stop, too.
          for (const _ of numbers);
          throw error;
        }
      }
    }));
    for (const each of ended) if (each.status === "rejected") throw each.reason;
    return etags;
  }

  async #complete(name: string, uploadId: string, etags: readonly string[], sha256: string): Promise<void> {
    const parts = etags.map((etag, i) => {
      const text = etag.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      return `<Part><PartNumber>${i + 1}</PartNumber><ETag>${text}</ETag></Part>`;
    });
    const body = new TextEncoder().encode(
      `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
        parts.join("")
      }</CompleteMultipartUpload>`,
    );
    const request = { method: "POST", name, query: { uploadId }, body, sha256: await sha256Hex(body) } as const;
    try {
      await this.#requests.ask(request, async (answer) => {
        // While it is at it, the store says 200 and knows no better.
        const code = errorCode(await answer.text());
        if (code !== null) throw new S3Fault(code, { status: PASSING.test(code) ? 503 : 400, code });
      });
    } catch (error) {
      if (!(error instanceof S3Fault) || error.code !== "NoSuchUpload") throw error;
      // It was completed, and the answer lost; or it was not.
      if ((await this.#look(name)).headers.get(CHECKSUM) !== sha256) throw error;
    }
  }

  async #open(key: string, range?: ByteRange): Promise<OpenBlob | null> {
    const name = this.#place.prefix + key;
    if (range !== undefined && range.start >= range.end) {
      const { status } = await this.#look(name);
      return status === NOT_FOUND ? null : { pieces: NOTHING, bytes: 0, checksum: null };
    }
    const answer = await this.#get(name, range && `bytes=${range.start}-${range.end - 1}`);
    if (answer === null) return null;
    if (answer.status === OUT_OF_RANGE) {
      answer.close();
      return { pieces: NOTHING, bytes: 0, checksum: null };
    }
    const start = range?.start ?? 0;
    const bytes = answer.length!;
    const pieces = new ResumedPieces(answer, bytes, this.#requests, (done) => {
      const request = `bytes=${start + done}-${start + bytes - 1}`;
      return this.#get(name, request, answer.headers.get("etag"));
    });
    return { pieces, bytes, checksum: range === undefined ? answer.headers.get(CHECKSUM) : null };
  }

  /** What there is to know about an object, or that there is none. */
  async #look(name: string): Promise<S3Answer> {
    return await this.#requests.ask({ method: "HEAD", name, accepts: [NOT_FOUND] }, async (answer) => {
      await answer.text();
      return answer;
    });
  }

  /** Null where there is no such object. */
  async #get(name: string, range: string | undefined, etag: string | null = null): Promise<S3Answer | null> {
    const headers = { ...(range && { range }), ...(etag !== null && { "if-match": etag }) };
    return await this.#requests.ask(
      { method: "GET", name, headers, accepts: [NOT_FOUND, OUT_OF_RANGE] },
      async (answer) => {
        if (answer.status === NOT_FOUND) {
          const code = errorCode(await answer.text());
          if (code === null || code === "NoSuchKey") return null;
          throw new S3Fault(`${NOT_FOUND} ${code}`, { status: NOT_FOUND, code });
        }
        if (answer.status === OUT_OF_RANGE) return answer;
        if (answer.length === null) throw new S3Fault("an answer without Content-Length");
        if (answer.status === 200 && range !== undefined) throw new S3Fault("the whole for a part", { status: 200 });
        return answer;
      },
    );
  }

  async #delete(name: string, query: Record<string, string> = {}): Promise<void> {
    await this.#do({ method: "DELETE", name, query, accepts: [NOT_FOUND] }, async (answer) => {
      const code = errorCode(await answer.text());
      if (code === "NoSuchBucket") throw new S3Fault(`${answer.status} ${code}`, { status: answer.status, code });
    });
  }

  async #do(request: S3Request, read = async (answer: S3Answer) => void await answer.text()): Promise<void> {
    await this.#requests.ask(request, read);
  }

  async #attempt<T>(what: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw error instanceof S3Fault ? error.told(what) : error;
    }
  }
}

const NOTHING: Pieces = { next: () => Promise.resolve(null), close() {} };

/** The pieces of an answer; where that is cut off, those of another one that goes on from there. */
class ResumedPieces implements Pieces {
  #answer: S3Answer;
  readonly #bytes: number;
  readonly #requests: S3Requests;
  readonly #resume: (done: number) => Promise<S3Answer | null>;
  #done = 0;
  /** Answers that were cut off since the last piece. */
  #cuts = 0;

  constructor(
    answer: S3Answer,
    bytes: number,
    requests: S3Requests,
    resume: (done: number) => Promise<S3Answer | null>,
  ) {
    this.#answer = answer;
    this.#bytes = bytes;
    this.#requests = requests;
    this.#resume = resume;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      try {
        const piece = await this.#answer.next();
        if (piece === null && this.#done < this.#bytes) throw new S3Fault("an answer that was cut off");
        this.#cuts = 0;
        this.#done += piece?.length ?? 0;
        return piece;
      } catch (error) {
        if (!(error instanceof S3Fault) || ++this.#cuts === this.#requests.tries) throw error;
        this.#answer.close();
        await this.#requests.pause(this.#cuts);
        const answer = await this.#resume(this.#done);
        if (answer === null) throw new S3Fault("an object that is gone", { cause: error });
        this.#answer = answer;
      }
    }
  }

  close(): void {
    this.#answer.close();
  }
}

/** As `encoding-type=url` has names. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " "));
  } catch {
    // Of a store that does not encode them.
    return name;
  }
}
