import { testBlobStore } from "../conformance/blob_store.ts";
import { MemoryBlobs } from "./memory_blobs.ts";

testBlobStore("MemoryBlobs", () => {
  const blobs = new MemoryBlobs();
  return Promise.resolve({ blobs, another: blobs, close: () => blobs.close() });
});
