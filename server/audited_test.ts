import assert from "node:assert/strict";
import { serveFake } from "./testing/serve_fake.ts";

Deno.test("what callers start, change, delete and share is kept with who did it, and what is refused is not", async () => {
  await using server = await serveFake({}, { auth: ["keys"] });
  const { access } = server.services;
  const role = "USER" as const;
  const [ann, bob] = await Promise.all([
    access.keys.create({ name: "ann's laptop", owner: "ann", role, expiresAt: null }),
    access.keys.create({ name: "bob", role, expiresAt: null }),
  ]);
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  const id = await server.start({ size: 32, steps: 5 }, as(ann));
  const change = async (operation: string, key = ann) => {
    const { errors } = await server.post(`mutation { ${operation} }`, {}, as(key));
    return errors.map(({ extensions }) => extensions.code);
  };
  for (const operation of ["cancelTransfer", "shareTransfer", "deleteTransfer"]) {
    assert.deepEqual(await change(`${operation}(id: "${id}") { __typename }`, bob), ["NOT_FOUND"]);
  }
  for (
    const operation of [
      `retuneTransfer(id: "${id}", input: { contentWeight: 1 })`,
      `shareTransfer(id: "${id}")`,
      `unshareTransfer(id: "${id}")`,
      `cancelTransfer(id: "${id}")`,
      `resumeTransfer(id: "${id}", steps: 1)`,
      `cancelTransfer(id: "${id}")`,
      `deleteTransfer(id: "${id}")`,
    ]
  ) assert.deepEqual(await change(`${operation} { __typename }`), [], operation);
  const entries = (await access.audit.newest(20)).filter(({ name }) => name !== "server");
  assert.deepEqual(
    entries.map(({ action }) => action),
    ["start", "retune", "share", "unshare", "cancel", "resume", "cancel", "delete"],
  );
  const at = server.services.clock.now();
  for (const entry of entries) {
    const { action: _, ...who } = entry;
    assert.deepEqual(who, { at, name: "ann's laptop", owner: "ann", role, subject: id });
  }
  const { data, errors } = await server.post(
    `mutation { createWebhook(input: { url: "https://203.0.114.9/", events: [SUCCEEDED] }) { secret webhook { id } } }`,
    {},
    as(ann),
  );
  assert.deepEqual(errors, []);
  const webhook = data.createWebhook.webhook.id;
  for (const operation of ["rotateWebhookSecret", "deleteWebhook"]) {
    assert.deepEqual(await change(`${operation}(id: "${webhook}") { __typename }`), []);
  }
  assert.deepEqual(
    (await access.audit.newest(3)).map(({ action, subject }) => [action, subject]),
    ["create webhook", "rotate webhook secret", "delete webhook"].map((action) => [action, webhook]),
  );
  const keys = (await access.audit.newest(20)).slice(0, 2);
  assert.deepEqual(keys.map(({ action, subject }) => [action, subject]).sort(), [
    ["create key", "ann's laptop"],
    ["create key", "bob"],
  ]);
});
