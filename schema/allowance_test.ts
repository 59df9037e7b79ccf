import assert from "node:assert/strict";
import { GramcastError } from "../errors.ts";
import { Allowance } from "./allowance.ts";
import { FakeServices } from "./testing/fake_services.ts";
import { described, follow, run } from "./testing/execute.ts";

const START = `mutation { startTransfer(input: {
  content: { sample: "content" }, styles: [{ image: { sample: "style" } }], size: 64, steps: 5, keepFrames: true
}) { transfer { id } } }`;
const aliases = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(" ");

/** Services with a picture whose file is said to be so large. */
function servicesWith(byteLength: number): FakeServices {
  const services = new FakeServices();
  const { images } = services.transfers;
  const { record, samples } = { record: images.record("im_content"), samples: images.samples.bind(images) };
  images.samples = async () => (await samples()).slice(0, 1).map((s) => ({ ...s, image: { ...record, byteLength } }));
  return services;
}

Deno.test("every alias of a file as text pays for its bytes, and none is read that is not paid for", async () => {
  const services = servicesWith(20 * 2 ** 20);
  let read = 0;
  services.transfers.images.read = () => {
    read++;
    return Promise.resolve(new Uint8Array(1));
  };
  assert.equal((await run(services, "{ samples { image { base64 } } }")).samples.length, 1);
  assert.equal(read, 1);
  const { code, message } = described(
    await run(services, `{ samples { image { ${aliases(15, "base64")} } } }`).catch((error) => error),
  );
  assert.equal(code, "QUERY_TOO_COMPLEX");
  assert.match(message, /found files of more than 33554432 bytes as text, wanted fewer, or their url$/);
  assert.equal(read, 2);
});

Deno.test("one picture as large as may be uploaded can always be had as text", () => {
  const large = new Allowance(100 * 2 ** 20);
  large.writeAsText(100 * 2 ** 20);
  assert.throws(() => large.writeAsText(1), GramcastError);
});

Deno.test("encoded pictures pay for their pixels, each encoding anew, and each event of a subscription by itself", async () => {
  const services = new FakeServices();
  await run(services, START);
  const encoded = services.transfers.frame.bind(services.transfers);
  const large = { width: 4096, height: 4096 };
  services.transfers.frame = async (id, step) => {
    const frame = await encoded(id, step);
    return frame && { ...frame, ...large };
  };
  services.transfers.step("tr_1", 1);
  const query = (count: number) =>
    `{ transfer(id: "tr_1") { frame { ${
      Array.from({ length: count }, (_, i) => `a${i}: base64(quality: ${i + 1})`).join(" ")
    } } } }`;
  await run(services, query(8));
  assert.equal(described(await run(services, query(9)).catch((error) => error)).code, "QUERY_TOO_COMPLEX");
  const events = await follow(
    services,
    `subscription { transferProgress(id: "tr_1", after: 0) { sequence transfer { frame { ${
      aliases(5, "base64")
    } } } } }`,
  );
  for (let i = 0; i < 2; i++) assert.equal((await events.next()).value?.errors, undefined);
  await events.return();
});
