import { MemoryBlobs } from "../blobs/memory_blobs.ts";
import { testFencedWrites } from "../conformance/fenced_writes.ts";
import { testTransferStore } from "../conformance/transfer_store.ts";
import { PostgresTransferStore } from "./postgres_transfer_store.ts";
import { FencingClaims } from "./testing/fencing_claims.ts";
import { NO_POSTGRES } from "./testing/postgres_programs.ts";
import { TemporaryDatabase } from "./testing/temporary_database.ts";

async function open() {
  const temporary = await TemporaryDatabase.make();
  const database = await temporary.open();
  const store = new PostgresTransferStore(database, new MemoryBlobs());
  return { store, queue: new FencingClaims(database), close: () => temporary[Symbol.asyncDispose]() };
}

if (NO_POSTGRES === null) {
  testTransferStore("PostgresTransferStore", open);
  testFencedWrites("PostgresTransferStore", open);
}
