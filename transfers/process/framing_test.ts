import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMessage, type Message, readMessages } from "./framing.ts";

const bytes = fc.uint8Array({ maxLength: 300 });
const message = fc.record({
  header: fc.jsonValue(),
  parts: fc.array(fc.option(bytes), { maxLength: 4 }),
});

/** All bytes of the messages, in chunks of the given lengths and one more with the rest. */
function stream(messages: readonly Message<unknown>[], cuts: readonly number[], drop = 0): ReadableStream<Uint8Array> {
  const pieces = messages.flatMap(({ header, parts }) => encodeMessage(header, parts));
  const all = new Uint8Array(pieces.flatMap((piece) => [...piece])).subarray(0, -drop || undefined);
  let offset = 0;
  const chunks = [...cuts, all.length].map((length) => all.slice(offset, offset += length));
  return ReadableStream.from(chunks.filter(({ length }) => length > 0));
}

Deno.test("readMessages() gives back what encodeMessage() wrote, however it was cut", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(message, { maxLength: 4 }),
    fc.array(fc.nat(200)),
    async (messages, cuts) => {
      const read = await Array.fromAsync(readMessages(stream(messages, cuts)));
      assert.equal(JSON.stringify(read.map(({ header }) => header)), JSON.stringify(messages.map((m) => m.header)));
      assert.deepEqual(read.map(({ parts }) => parts), messages.map(({ parts }) => parts.map((p) => p && p.slice())));
    },
  ));
});

Deno.test("readMessages() lets a message that is cut off be", async () => {
  const messages = [{ header: 1, parts: [new Uint8Array(9)] }, { header: 2, parts: [new Uint8Array(9)] }];
  for (let drop = 1; drop < 30; drop++) {
    const read = await Array.fromAsync(readMessages(stream(messages, [], drop)));
    assert.deepEqual(read.map(({ header }) => header), [1]);
  }
});

Deno.test("readMessages() refuses bytes that are no message", async () => {
  const babble = ReadableStream.from([new Uint8Array(100).fill(255)]);
  await assert.rejects(Array.fromAsync(readMessages(babble)), TypeError);
});
