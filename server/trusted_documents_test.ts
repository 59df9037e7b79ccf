import assert from "node:assert/strict";
import { readTrustedDocuments } from "./trusted_documents.ts";

async function read(content: string): Promise<ReadonlyMap<string, string>> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, content);
    return await readTrustedDocuments(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readTrustedDocuments() reads texts by their ids", async () => {
  assert.deepEqual([...await read('{"a":"{ engine { device } }","__proto__":"b"}')], [
    ["a", "{ engine { device } }"],
    ["__proto__", "b"],
  ]);
  assert.equal((await readTrustedDocuments(null)).size, 0);
});

Deno.test("readTrustedDocuments() refuses anything else, and tells nothing of what it has read", async () => {
  for (const content of ["", "[]", "null", '{"a":1}', "secret"]) {
    await assert.rejects(read(content), (error: Error & { code: string }) => {
      assert.match(
        error.message,
        /^Cannot use TRUSTED_DOCUMENTS: found [^\n]+, wanted a JSON object of documents by their ids$/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
  await assert.rejects(readTrustedDocuments("/nowhere/at all.json"), /found no file that can be read/);
});
