import assert from "node:assert/strict";
import { ByteBudget } from "./byte_budget.ts";
import { eventStream, type Results } from "./event_stream.ts";
import { Holdings } from "./holdings.ts";
import { Spool } from "./spool.ts";

/** Characters of a picture. */
const LONG = 2 ** 20;

/** What the stream of some results brings, and the most that it has ever had on the disk. */
async function read(results: Results, maxSpooled = 2 ** 30) {
  const folder = await Deno.makeTempDir();
  const spool = new Spool(folder, maxSpooled);
  const holdings = new Holdings(new ByteBudget(0), spool);
  try {
    const pieces: Uint8Array[] = [];
    let spooled = 0;
    for await (const piece of eventStream(results, holdings, new AbortController().signal)) {
      pieces.push(piece);
      spooled = Math.max(spooled, spool.budget.held);
    }
    const text = await new Blob(pieces as Uint8Array<ArrayBuffer>[]).text();
    return { text, spooled, left: spool.budget.held, longest: Math.max(...pieces.map(({ length }) => length)) };
  } finally {
    await holdings.release();
    await Deno.remove(folder, { recursive: true });
  }
}

async function* events(...texts: string[]) {
  for (const a of texts) yield { data: { a } };
}

Deno.test("long events are sent in pieces, and each leaves the disk before the next comes", async () => {
  const texts = ["é".repeat(LONG), "short", "b".repeat(LONG), "c".repeat(LONG)];
  const { text, spooled, left, longest } = await read(events(...texts));
  const told = text.split("\n\n").slice(1, -2).map((event) => JSON.parse(event.replace("event: next\ndata: ", "")));
  assert.ok(told.length === 4 && told.every(({ data }, i) => data.a === texts[i]));
  assert.ok(text.endsWith("event: complete\ndata:\n\n"));
  assert.ok(longest <= 2 ** 16, `${longest} bytes in one go`);
  assert.ok(spooled < 3 * LONG, `${spooled} bytes were on the disk`);
  assert.equal(left, 0);
});

Deno.test("a stream with no room for its next event breaks off, so that its reader comes back", async () => {
  const { text } = await read(events("short", "b".repeat(LONG), "short"), LONG / 2);
  assert.equal(text, ':\n\nevent: next\ndata: {"data":{"a":"short"}}\n\n');
});
