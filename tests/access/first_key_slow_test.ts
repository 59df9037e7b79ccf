import assert from "node:assert/strict";
import { ServerProcess } from "../testing/server_process.ts";

Deno.test("the first start that takes keys prints one for its admin, and no later start does", async () => {
  const dataDir = await Deno.makeTempDir();
  const settings = { dataDir, env: { AUTH: "keys" } };
  const printed = async () => {
    await using server = await ServerProcess.start(settings);
    // The lines about keys follow that of its address.
    await (await fetch(`${server.url}/ready`)).body?.cancel();
    const key = /(gram_\w{49})$/m.exec(server.lines.join("\n"))?.[1];
    if (key === undefined) return { lines: server.lines, role: undefined };
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: "{ viewer { role } }" }),
    });
    return { lines: server.lines, role: (await response.json()).data.viewer.role };
  };
  try {
    const first = await printed();
    assert.equal(first.role, "ADMIN", first.lines.join("\n"));
    assert.ok(first.lines.some((line) => /To sign in, open http:\/\/127\.0\.0\.1:\d+\/#key=gram_/.test(line)));
    const second = await printed();
    assert.equal(second.role, undefined);
    assert.ok(!second.lines.some((line) => line.includes("gram_")));
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a server that is told to ask nobody, and listens for others, says what that means", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ dataDir, env: { HOST: "0.0.0.0", AUTH: "off", STORE: "memory" } });
    await (await fetch(`${server.url.replace("0.0.0.0", "127.0.0.1")}/ready`)).body?.cancel();
    assert.ok(
      server.lines.some((line) => line.startsWith("AUTH=off: whoever reaches 0.0.0.0:0")),
      server.lines.join("\n"),
    );
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
