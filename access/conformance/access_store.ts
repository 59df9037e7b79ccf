import assert from "node:assert/strict";
import type { AuditEntry } from "../../transfers/audit.ts";
import type { AccessStore, KeyRecord, ShareRecord } from "../ports.ts";

/** What every `AccessStore` has to do. @param open Opens an empty one. */
export function testAccessStore(name: string, open: () => Promise<AccessStore>): void {
  const test = (what: string, body: (store: AccessStore) => Promise<void>) =>
    Deno.test(`${name} ${what}`, async () => {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });

  test("has one secret of 32 bytes", async (store) => {
    const secrets = await Promise.all([store.secret(), store.secret()]);
    assert.equal(secrets[0].length, 32);
    assert.equal(secrets[0].toHex(), secrets[1].toHex());
    assert.equal((await store.secret()).toHex(), secrets[0].toHex());
  });

  test("keeps keys by name, hash and id", async (store) => {
    const [ann, bob] = [key("ann", { expiresAt: 99 }), key("bob", { role: "ADMIN", owner: 'ö"; --' })];
    assert.deepEqual([await store.addKey(ann, entry("1")), await store.addKey(bob, entry("2"))], [true, true]);
    assert.equal(await store.addKey({ ...key("ann"), id: "other", hash: "other" }, entry("3")), false);
    assert.deepEqual(await store.keys(), [ann, bob]);
    assert.deepEqual([await store.keyByHash("hash of bob"), await store.keyById("id of bob")], [bob, bob]);
    assert.deepEqual([await store.keyByHash("none"), await store.keyById("none")], [null, null]);
    await store.keyUsed("id of ann", 7);
    await store.keyUsed("none", 7);
    assert.deepEqual(await store.keys(), [{ ...ann, lastUsedAt: 7 }, bob]);
    assert.deepEqual(await removals(store, "id of ann"), [true, false]);
    assert.equal(await store.keyByHash("hash of ann"), null);
    // Kept with what was done, and with nothing that was not.
    assert.deepEqual(await store.audit(9), ["1", "2", "4"].map((subject) => entry(subject)));
  });

  test("keeps who did what, and answers the newest of it, oldest first", async (store) => {
    for (const subject of ["a", "b", "c"]) await store.addAudit(entry(subject));
    assert.deepEqual(await store.audit(2), [entry("b"), entry("c")]);
    assert.deepEqual(await store.audit(0), []);
  });

  test("keeps one share for each transfer", async (store) => {
    const first = share("a", "t");
    await store.putShare(first);
    await store.putShare(share("b", "u"));
    assert.deepEqual([await store.shareById("a"), await store.shareOf("t")], [first, first]);
    const second = share("c", "t", 50);
    await store.putShare(second);
    assert.deepEqual([await store.shareById("a"), await store.shareOf("t")], [null, second]);
    await store.removeShareOf("t");
    await store.removeShareOf("none");
    assert.deepEqual([await store.shareById("c"), await store.shareOf("t")], [null, null]);
    assert.equal((await store.shareOf("u"))?.id, "b");
  });
}

async function removals(store: AccessStore, id: string): Promise<boolean[]> {
  return [await store.removeKey(id, entry("4")), await store.removeKey(id, entry("5"))];
}

function entry(subject: string): AuditEntry {
  return { at: 7, name: "ann's laptop", owner: 'ö"; --', role: "USER", action: "start", subject };
}

function key(name: string, changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id: `id of ${name}`,
    name,
    hash: `hash of ${name}`,
    owner: name,
    role: "USER",
    createdAt: 5,
    expiresAt: null,
    lastUsedAt: null,
    ...changes,
  };
}

function share(id: string, transferId: string, expiresAt: number | null = null): ShareRecord {
  return { id, transferId, owner: "ann", createdAt: 5, expiresAt };
}
