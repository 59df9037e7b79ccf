import { GramcastError } from "../../../errors.ts";
import { storageUnavailable } from "../unavailable.ts";

/** Codes of stores that have no room, or none for this bucket. */
const FULL =
  /^(XMinioStorageFull|XMinioAdminBucketQuotaExceeded|QuotaExceeded|BucketQuotaExceeded|InsufficientStorage)/;
const INSUFFICIENT_STORAGE = 507;
const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;

/** Why a request has not been done, as far as anybody knows. */
export class S3Fault extends Error {
  /** In a few words. */
  readonly found: string;
  /** Of what the store has answered; null where it has not. */
  readonly status: number | null;
  /** S3's word for it. */
  readonly code: string | null;

  constructor(found: string, options: { status?: number; code?: string | null; cause?: unknown } = {}) {
    super(found, { cause: options.cause });
    this.found = found;
    this.status = options.status ?? null;
    this.code = options.code ?? null;
  }

  get isFull(): boolean {
    return this.status === INSUFFICIENT_STORAGE || FULL.test(this.code ?? "");
  }

  /** Whether the same request may well be done when it is sent again. */
  get passes(): boolean {
    if (this.isFull) return false;
    if (this.status === null || this.code === "RequestTimeout") return true;
    return this.status >= 500 || this.status === TOO_MANY_REQUESTS || this.status === REQUEST_TIMEOUT;
  }

  /** @param what Was to be done, as `read from`. */
  told(what: string): GramcastError {
    const found = `Cannot ${what} BLOBS: found ${this.found}`;
    if (!this.isFull) return storageUnavailable(`${found}, wanted a store that does it`, this);
    return new GramcastError("STORAGE_FULL", `${found}, wanted room to write in`, { cause: this });
  }
}
