import assert from "node:assert/strict";
import fc from "fast-check";
import { hashApiKey, isApiKey, newApiKey } from "./api_key.ts";

Deno.test("a key has 256 random bits, a prefix and a checksum", () => {
  const keys = Array.from({ length: 200 }, newApiKey);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) {
    assert.match(key, /^gram_[0-9A-Za-z]{49}$/);
    assert.ok(isApiKey(key));
  }
  // SHA-256 of "abc", from FIPS 180-2.
  assert.equal(hashApiKey("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

Deno.test("a text that differs from a key in one character is none", () => {
  const key = newApiKey();
  fc.assert(fc.property(fc.nat(key.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
    const changed = key.slice(0, at) + character + key.slice(at + 1);
    assert.equal(isApiKey(changed), changed === key);
  }));
  for (const other of ["", "gram_", `${key}0`, ` ${key}`, key.slice(1)]) assert.ok(!isApiKey(other));
});
