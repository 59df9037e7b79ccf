/** A file part of a multipart request. A Blob is one. */
export interface Upload {
  readonly size: number;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Tells one from values out of JSON: those have no methods. */
export function isUpload(value: unknown): value is Upload {
  return typeof value === "object" && value !== null && "bytes" in value && typeof value.bytes === "function";
}
