import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeBase64 } from "./base64.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("decodeBase64() gives back any bytes, in every way that base64 is written", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      fc.constantFrom("base64", "base64url") as fc.Arbitrary<"base64" | "base64url">,
      fc.boolean(),
      fc.constantFrom(
        "",
        "data:image/png;base64,",
        "data:;base64,",
        "data:image/jpeg;name=a.jpg;BASE64,",
        "DATA:image/png;base64,",
      ),
      fc.constantFrom(0, 60, 64, 76),
      async (bytes, alphabet, omitPadding, prefix, wrap) => {
        const plain = new Uint8Array(bytes).toBase64({ alphabet, omitPadding });
        const text = wrap === 0 ? plain : plain.replaceAll(new RegExp(`.{${wrap}}`, "g"), "$&\r\n");
        assert.deepEqual(await decodeBase64(prefix + text, bytes.length), new Uint8Array(bytes));
      },
    ),
  );
});

Deno.test("decodeBase64() puts pieces together, wrapped lines too", async () => {
  const bytes = Uint8Array.from({ length: 2 * MEBIBYTE + 5 }, (_, i) => (i * 31) >> 3);
  assert.deepEqual(await decodeBase64(bytes.toBase64(), bytes.length), bytes);
  const wrapped = bytes.toBase64().replaceAll(/.{76}/g, "$&\n");
  assert.deepEqual(await decodeBase64(wrapped, bytes.length), bytes);
});

Deno.test("decodeBase64() refuses what is too large, by its length or once decoded", async () => {
  const refused = { code: "IMAGE_TOO_LARGE", message: /^Cannot accept \d+ bytes: wanted at most 100$/ };
  await assert.rejects(decodeBase64("A".repeat(10_000), 100), refused);
  await assert.rejects(decodeBase64(new Uint8Array(101).toBase64(), 100), refused);
  assert.equal((await decodeBase64(new Uint8Array(100).toBase64(), 100)).length, 100);
});

Deno.test("decodeBase64() refuses what is not base64", async () => {
  const texts = [
    "",
    "   ",
    "QUJD*",
    "QUJDR",
    "data:image/png,",
    "data:image/png,%8",
    "data:image/png;base64,QUJ%4",
    "data:image/png;base64,",
    "data:image/png;base64",
    "=",
  ];
  for (const text of texts) {
    await assert.rejects(decodeBase64(text, 1000), {
      code: "BAD_USER_INPUT",
      message: /^Cannot decode base64: found /,
    });
  }
});

Deno.test("decodeBase64() undoes percent-encoding in data URLs, of base64 and of bytes", async () => {
  const escaped = (bytes: Uint8Array) => [...bytes].map((byte) => "%" + byte.toString(16).padStart(2, "0")).join("");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (given) => {
      const bytes = new Uint8Array(given);
      const text = encodeURIComponent(bytes.toBase64());
      assert.deepEqual(await decodeBase64(`data:image/png;base64,${text}`, bytes.length), bytes);
      assert.deepEqual(await decodeBase64(`data:image/png,${escaped(bytes)}`, bytes.length), bytes);
    }),
  );
  // Over several pieces, with escapes across their borders.
  const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) >> 3);
  assert.deepEqual(await decodeBase64(`data:image/png,a${escaped(bytes)}`, 300_001), Uint8Array.from([97, ...bytes]));
  await assert.rejects(decodeBase64(`data:,${"%41".repeat(200)}`, 100), { code: "IMAGE_TOO_LARGE" });
});
