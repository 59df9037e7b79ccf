import {
  testImageStoreModel,
  testTransferQueueModel,
  testTransferStoreModel,
  testWebhookStoreModel,
} from "../conformance/model.ts";
import { TemporaryStorage } from "./testing/temporary_storage.ts";

async function open() {
  const temporary = await TemporaryStorage.open();
  return { ...temporary.storage, close: () => temporary[Symbol.asyncDispose]() };
}

testTransferStoreModel("SqliteTransferStore", open);
testTransferQueueModel("SqliteQueue", open);
testImageStoreModel("SqliteImageStore", open);
testWebhookStoreModel("SqliteWebhookStore", open);
