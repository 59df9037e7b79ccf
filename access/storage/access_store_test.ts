import assert from "node:assert/strict";
import { join } from "node:path";
import { SILENT_LOG } from "../../transfers/log.ts";
import { testAccessStore } from "../conformance/access_store.ts";
import { MemoryAccessStore } from "./memory_access_store.ts";
import { ACCESS_FILE, SqliteAccessStore } from "./sqlite_access_store.ts";

const ENTRY = { at: 1, name: "terminal", owner: "", role: "ADMIN", action: "create key", subject: "n" } as const;

testAccessStore("MemoryAccessStore", () => Promise.resolve(new MemoryAccessStore()));

testAccessStore("SqliteAccessStore", async () => {
  const folder = await Deno.makeTempDir();
  const store = await SqliteAccessStore.open(folder, SILENT_LOG);
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    await Deno.remove(folder, { recursive: true });
  };
  return store;
});

Deno.test("a key that another process makes is known at once, and the file is its user's alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const server = await SqliteAccessStore.open(folder, SILENT_LOG);
    const command = await SqliteAccessStore.open(folder, SILENT_LOG);
    const times = { createdAt: 1, expiresAt: null, lastUsedAt: null };
    await command.addKey({ id: "i", name: "n", hash: "h", owner: "o", role: "USER", ...times }, ENTRY);
    assert.equal((await server.keyByHash("h"))?.name, "n");
    assert.equal((await server.secret()).toHex(), (await command.secret()).toHex());
    await command.removeKey("i", ENTRY);
    assert.equal(await server.keyByHash("h"), null);
    assert.equal((await Deno.stat(join(folder, ACCESS_FILE))).mode! & 0o777, 0o600);
    await Promise.all([server.close(), command.close()]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
