import { AwsV4Signer } from "aws4fetch";
import { SystemClock } from "../../clock.ts";
import type { Pieces } from "./checked.ts";
import { S3Fault } from "./s3_fault.ts";
import { objectUrl, type S3Credentials, type S3Place } from "./s3_place.ts";
import { errorCode } from "./s3_xml.ts";

/** How long a store is waited for. */
export interface Patience {
  /** Times that a request is sent. */
  readonly tries: number;
  /** Milliseconds to the beginning of an answer, beside what the request's body takes. */
  readonly answerMilliseconds: number;
  /** Milliseconds between two pieces of an answer. */
  readonly stallMilliseconds: number;
  /** Milliseconds before the second try; each one after it waits four times as long. */
  readonly pauseMilliseconds: number;
}

export const PATIENCE: Patience = {
  tries: 4,
  answerMilliseconds: 10_000,
  stallMilliseconds: 10_000,
  pauseMilliseconds: 200,
};
/** Bytes of a request's body that a connection at least takes in a second. */
const SLOWEST = 128 * 1024;
/** Bytes of an answer that is read as text. */
const MOST_TEXT = 16 * 2 ** 20;
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** A store's connections that nobody uses are closed before it closes them. */
const IDLE_MILLISECONDS = 4000;

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Name of an object; empty for the bucket. */
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the body, in hexadecimal. The store refuses what has another. */
  readonly sha256?: string;
  /** Statuses that are answers, beside those of success. */
  readonly accepts?: readonly number[];
}

/** An answer whose body is still to be read. */
export class S3Answer implements Pieces {
  readonly status: number;
  readonly headers: Headers;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null;
  readonly #controller: AbortController;
  readonly #stallMilliseconds: number;

  constructor(response: Response, controller: AbortController, stallMilliseconds: number) {
    this.status = response.status;
    this.headers = response.headers;
    this.#reader = response.body?.getReader() ?? null;
    this.#controller = controller;
    this.#stallMilliseconds = stallMilliseconds;
  }

  /** Bytes of the body; null where it is not said. */
  get length(): number | null {
    const length = this.headers.get("content-length");
    return length === null ? null : Number(length);
  }

  /** The store's time, in milliseconds since the epoch; null where it does not say. */
  get date(): number | null {
    const date = Date.parse(this.headers.get("date") ?? "");
    return Number.isNaN(date) ? null : date;
  }

  /** @throws {S3Fault} where the connection fails, or stalls. */
  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#reader === null) return null;
    const timer = setTimeout(() => this.#controller.abort(), this.#stallMilliseconds);
    try {
      return (await this.#reader.read()).value ?? null;
    } catch (cause) {
      throw new S3Fault(this.#controller.signal.aborted ? "an answer that stalls" : "an answer that was cut off", {
        cause,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#reader?.cancel().catch(() => {});
    this.#controller.abort();
  }

  /** All of it, to its end, so that the connection can be used again. @throws {S3Fault} */
  async text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for (let piece, bytes = 0; (piece = await this.next()) !== null;) {
      bytes += piece.length;
      if (bytes > MOST_TEXT) throw new S3Fault("an answer without an end");
      text += decoder.decode(piece, { stream: true });
    }
    return text + decoder.decode();
  }
}

/** Signs requests to a store, sends them, and sends them again where that may help. */
export class S3Requests {
  readonly #place: S3Place;
  readonly #credentials: S3Credentials;
  readonly #patience: Patience;
  readonly #clock = new SystemClock();
  readonly #client: Deno.HttpClient;
  /** Of signatures, by the day. */
  readonly #keys = new Map<string, ArrayBuffer>();
  /** Milliseconds by which the store's clock is ahead of this machine's, where it refuses what is signed by that. */
  #ahead = 0;

  constructor(place: S3Place, credentials: S3Credentials, patience: Patience) {
    this.#place = place;
    this.#credentials = credentials;
    this.#patience = patience;
    this.#client = Deno.createHttpClient({ poolIdleTimeout: IDLE_MILLISECONDS, http2: false });
  }

  /**
   * Has a request done, and reads what is answered.
   *
   * @param read Is called anew for each answer. What it does not read is left; for an answer that it gives back, that is
   *   up to the caller.
   * @throws {S3Fault} where it is not done after all tries.
   */
  async ask<T>(request: S3Request, read: (answer: S3Answer) => Promise<T> | T): Promise<T> {
    let skewed = false;
    for (let tries = 1;; tries++) {
      try {
        return await this.#once(request, read);
      } catch (error) {
        if (!(error instanceof S3Fault)) throw error;
        if (error.code === "RequestTimeTooSkewed" && !skewed) {
          skewed = true;
          continue;
        }
        if (!error.passes || tries === this.#patience.tries) throw error;
        await this.pause(tries);
      }
    }
  }

  /** Waits after so many tries that have failed. */
  async pause(tries: number): Promise<void> {
    const longest = this.#patience.pauseMilliseconds * 4 ** (tries - 1);
    // What failed together does not come back together.
    using delay = this.#clock.delay(longest * (0.5 + Math.random() / 2));
    await delay.done;
  }

  get tries(): number {
    return this.#patience.tries;
  }

  /**
   * An address from which whoever has it can get an object.
   *
   * @param seconds For which it is good.
   * @param query What the answer is to have in its headers.
   */
  async link(endpoint: URL, name: string, seconds: number, query: Readonly<Record<string, string>>): Promise<string> {
    const url = objectUrl(this.#place, endpoint, name);
    for (const [key, value] of Object.entries({ ...query, "X-Amz-Expires": String(seconds) })) {
      url.searchParams.set(key, value);
    }
    const signed = await this.#signer({ url, method: "GET", signQuery: true }).sign();
    // A plus is signed as a space, and is not one to everybody.
    return signed.url.href.replaceAll("+", "%20");
  }

  close(): void {
    this.#client.close();
  }

  async #once<T>(request: S3Request, read: (answer: S3Answer) => Promise<T> | T): Promise<T> {
    const answer = await this.#send(request);
    try {
      const { status } = answer;
      if (status >= 200 && status < 300 || request.accepts?.includes(status)) return await read(answer);
      const code = errorCode(await answer.text());
      if (code === "RequestTimeTooSkewed" && answer.date !== null) this.#ahead = answer.date - this.#clock.wall();
      throw new S3Fault([status, code].filter((each) => each !== null).join(" "), { status, code });
    } catch (error) {
      answer.close();
      throw error;
    }
  }

  async #send({ method, name, query = {}, headers = {}, body, sha256 }: S3Request): Promise<S3Answer> {
    const url = objectUrl(this.#place, this.#place.endpoint, name);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const signed = await this.#signer({
      url,
      method,
      headers: { ...headers, "x-amz-content-sha256": sha256 ?? EMPTY_SHA256 },
    }).sign();
    const all = new Headers(signed.headers);
    // Not signed: there are stores behind proxies that change it.
    all.set("accept-encoding", "identity");
    const { answerMilliseconds, stallMilliseconds } = this.#patience;
    const milliseconds = answerMilliseconds + (body?.length ?? 0) / SLOWEST * 1000;
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), milliseconds);
    const init: RequestInit & { readonly client: Deno.HttpClient } = {
      method,
      headers: all,
      body: body as Uint8Array<ArrayBuffer> | undefined ?? null,
      redirect: "manual",
      signal: controller.signal,
      client: this.#client,
    };
    try {
      const response = await fetch(signed.url, init);
      return new S3Answer(response, controller, stallMilliseconds);
    } catch (cause) {
      const late = `no answer within ${(milliseconds / 1000).toFixed(1)} s`;
      throw new S3Fault(controller.signal.aborted ? late : "a connection that failed", { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  #signer(options: { url: URL; method: string; headers?: Record<string, string>; signQuery?: boolean }): AwsV4Signer {
    const { accessKeyId, secretAccessKey, sessionToken } = this.#credentials;
    const now = new Date(this.#clock.wall() + this.#ahead).toISOString();
    return new AwsV4Signer({
      ...options,
      url: options.url.href,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === null ? {} : { sessionToken }),
      service: "s3",
      region: this.#place.region,
      cache: this.#keys,
      datetime: now.replaceAll(/[:-]|\.\d{3}/g, ""),
    });
  }
}
