import type { BlobSettings } from "../../../config.ts";
import { GramcastError } from "../../../errors.ts";
import type { Log } from "../../log.ts";
import { FolderBlobs } from "./folder_blobs.ts";
import type { BlobStore } from "./ports.ts";
import { S3Blobs } from "./s3_blobs.ts";

/** Opens the store of blobs that the configuration names. @throws {GramcastError} STORAGE_UNAVAILABLE */
export async function openBlobs(settings: BlobSettings, log: Log): Promise<BlobStore> {
  try {
    if (settings.kind === "folder") return await FolderBlobs.open(settings.path, log);
    return await S3Blobs.open(settings.place, settings.credentials, log);
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    throw new GramcastError(error.code, error.message, { field: "BLOBS", cause: error });
  }
}
