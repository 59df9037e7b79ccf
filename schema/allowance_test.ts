import assert from "node:assert/strict";
import { GramcastError } from "../errors.ts";
import { Allowance } from "./allowance.ts";
import { MemoryImageStore } from "../transfers/storage/memory/memory_image_store.ts";
import { ApiStage, TINY_PNG } from "./testing/api_stage.ts";
import { described, follow, run, start } from "./testing/execute.ts";

const aliases = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(" ");

/** A store whose pictures are said to be large. */
class LargeImages extends MemoryImageStore {
  reads = 0;

  override async get(id: string) {
    const image = await super.get(id);
    return image && { ...image, byteLength: 20 * 2 ** 20 };
  }

  override read(): Promise<Uint8Array> {
    this.reads++;
    return Promise.resolve(new Uint8Array(1));
  }
}

Deno.test("every alias of a file as text pays for its bytes, and none is read that is not paid for", async () => {
  const images = new LargeImages();
  await using stage = await ApiStage.open({ ports: { images } });
  const id = await stage.upload(TINY_PNG);
  const ask = (fields: string) => run(stage, `{ node(id: "${id}") { ... on Image { ${fields} } } }`);
  await ask("base64");
  assert.equal(images.reads, 1);
  const { code, message } = described(await ask(aliases(15, "base64")).catch((error) => error));
  assert.equal(code, "QUERY_TOO_COMPLEX");
  assert.match(message, /found files of more than 33554432 bytes as text, wanted fewer, or their url$/);
  assert.equal(images.reads, 2);
});

Deno.test("one picture as large as may be uploaded can always be had as text", () => {
  const large = new Allowance(100 * 2 ** 20);
  large.writeAsText(100 * 2 ** 20);
  assert.throws(() => large.writeAsText(1), GramcastError);
});

Deno.test("encoded pictures pay for their pixels, each encoding anew, and each event of a subscription by itself", async () => {
  await using stage = await ApiStage.open();
  stage.frames = { encode: () => Promise.resolve(TINY_PNG) };
  const id = await start(stage, { content: { sample: "style" }, size: 1024, steps: 3, frameEvery: 1 });
  await stage.step();
  const query = (count: number) =>
    `{ transfer(id: "${id}") { frame { ${
      Array.from({ length: count }, (_, i) => `a${i}: base64(maxSize: ${i + 16})`).join(" ")
    } } } }`;
  await run(stage, query(128));
  assert.equal(described(await run(stage, query(129)).catch((error) => error)).code, "QUERY_TOO_COMPLEX");
  const events = await follow(
    stage,
    `subscription { transferProgress(id: "${id}", after: 0) { sequence transfer { frame { ${
      aliases(80, "base64")
    } } } } }`,
  );
  for (let i = 0; i < 2; i++) assert.equal((await events.next()).value?.errors, undefined);
  await events.return();
});
