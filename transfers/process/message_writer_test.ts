import assert from "node:assert/strict";
import { readMessages } from "./framing.ts";
import { MessageWriter } from "./message_writer.ts";

Deno.test("MessageWriter writes each message whole, in the order of the calls, however slowly the stream takes it", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = new MessageWriter<number>(writable);
  const part = (length: number) => new Uint8Array(length).fill(length);
  const written = [1, 2, 3].map((i) => writer.write(i, [part(i), null, part(10 * i)]));
  const closed = Promise.all(written).then(() => writer.close());
  const read = await Array.fromAsync(readMessages<number>(readable));
  assert.deepEqual(read.map(({ header }) => header), [1, 2, 3]);
  assert.deepEqual(read.map(({ parts }) => parts), [1, 2, 3].map((i) => [part(i), null, part(10 * i)]));
  assert.deepEqual(await Promise.all(written), [true, true, true]);
  await closed;
});

Deno.test("MessageWriter writes nothing of a message that cannot be encoded, and all of the others", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = new MessageWriter<unknown>(writable);
  const written = [writer.write("a"), writer.write(1n), writer.write("x".repeat(2 ** 24)), writer.write("b")];
  const outcomes = Promise.allSettled(written);
  const closed = outcomes.then(() => writer.close());
  const read = await Array.fromAsync(readMessages(readable));
  assert.deepEqual(read.map(({ header }) => header), ["a", "b"]);
  assert.deepEqual((await outcomes).map(({ status }) => status), ["fulfilled", "rejected", "rejected", "fulfilled"]);
  await closed;
});

Deno.test("MessageWriter hands the stream a chunk when it has taken the one before, and says when it is broken", async () => {
  let taken = 0;
  const permits: (() => void)[] = [];
  const stream = new WritableStream<Uint8Array>({
    write(_, controller) {
      if (++taken === 3) return controller.error(new Error("broken pipe"));
      return new Promise<void>((resolve) => permits.push(resolve));
    },
  });
  const writer = new MessageWriter<string>(stream);
  const [first, second, third] = ["a", "b", "c"].map((header) => writer.write(header, [new Uint8Array(9)]));
  while (permits.length === 0) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(taken, 1);
  permits.shift()!();
  while (permits.length === 0) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(taken, 2);
  permits.shift()!();
  assert.equal(await first, true);
  assert.deepEqual(await Promise.all([second, third]), [false, false]);
  await writer.close();
});
