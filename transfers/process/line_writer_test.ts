import assert from "node:assert/strict";

Deno.test("lines of two threads stay whole, however long they are", async () => {
  const script = new URL("./testing/two_threads.ts", import.meta.url).pathname;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-read", script],
    stdout: "null",
    stderr: "piped",
  }).output();
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assert.deepEqual(lines.filter((line) => !/^(m+|w+)$/.test(line)).map(({ length }) => length), []);
  assert.ok(lines.length > 1000, `${lines.length} lines`);
});
