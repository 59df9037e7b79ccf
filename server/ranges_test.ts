import assert from "node:assert/strict";
import { inRange } from "./ranges.ts";

const ETAG = '"abc"';
const BYTES = Uint8Array.from({ length: 10 }, (_, i) => i);

/** What comes of ten bytes in pieces of three. */
async function ask(headers: Record<string, string>, method = "GET") {
  const pieces = [0, 3, 6, 9].map((at) => BYTES.subarray(at, at + 3));
  const body = method === "HEAD" ? null : ReadableStream.from(pieces);
  const whole = new Response(body, { headers: { etag: ETAG, "content-length": "10" } });
  const answer = inRange(new Request("http://localhost/", { method, headers }), whole);
  const bytes = [...await answer.bytes()];
  const { status } = answer;
  return { status, bytes, range: answer.headers.get("content-range"), length: answer.headers.get("content-length") };
}

const ALL = { status: 200, bytes: [...BYTES], range: null, length: "10" };

function partial(first: number, last: number) {
  const bytes = [...BYTES.subarray(first, last + 1)];
  return { status: 206, bytes, range: `bytes ${first}-${last}/10`, length: String(bytes.length) };
}

Deno.test("one range of bytes is answered with 206, wherever its ends are", async () => {
  for (
    const [range, first, last] of [
      ["bytes=0-0", 0, 0],
      ["bytes=2-7", 2, 7],
      ["bytes=3-5", 3, 5],
      ["bytes=4-", 4, 9],
      ["bytes=9-99", 9, 9],
      ["bytes=-4", 6, 9],
      ["bytes=-40", 0, 9],
      ["Bytes=0-9", 0, 9],
    ] as const
  ) assert.deepEqual(await ask({ range }), partial(first, last), range);
});

Deno.test("a range that is not there is answered with 416 and what there is", async () => {
  for (const range of ["bytes=10-", "bytes=10-12", "bytes=-0"]) {
    const { status, bytes, range: there } = await ask({ range });
    assert.deepEqual({ status, bytes, there }, { status: 416, bytes: [], there: "bytes */10" }, range);
  }
});

Deno.test("several ranges, other units, and what is no range are answered with all", async () => {
  for (const range of ["bytes=0-1,4-5", "pages=1-2", "bytes=5-2", "bytes=-", "bytes", "bytes=a-b"]) {
    assert.deepEqual(await ask({ range }), ALL, range);
  }
  assert.deepEqual(await ask({}), ALL);
  assert.equal((await ask({ range: "bytes=0-1" }, "HEAD")).status, 200);
});

Deno.test("a range of another version is answered with all of this one", async () => {
  assert.deepEqual(await ask({ range: "bytes=2-3", "if-range": ETAG }), partial(2, 3));
  for (const other of ['"abd"', `W/${ETAG}`, "Sun, 06 Nov 1994 08:49:37 GMT"]) {
    assert.deepEqual(await ask({ range: "bytes=2-3", "if-range": other }), ALL, other);
  }
});

Deno.test("what is not wanted of a body is not read", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(5)),
    cancel: () => void (cancelled = true),
  }, { highWaterMark: 0 });
  const whole = new Response(body, { headers: { "content-length": "1000000" } });
  const answer = inRange(new Request("http://localhost/", { headers: { range: "bytes=0-6" } }), whole);
  assert.equal((await answer.bytes()).byteLength, 7);
  assert.ok(cancelled);
});
