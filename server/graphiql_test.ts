import assert from "node:assert/strict";
import { Kind, parse, validate } from "graphql";
import { schema } from "../schema/index.ts";
import { exampleOperations } from "./example_operations.ts";
import { serveFake } from "./testing/serve_fake.ts";

Deno.test("GraphiQL is served in one piece, compressed once, with a policy that lets its script run", async () => {
  await using fake = await serveFake();
  const headers = { accept: "text/html", "accept-encoding": "gzip" };
  const page = await fetch(`${fake.url}/graphql`, { headers });
  const html = await page.text();
  assert.ok(html.length > 5_000_000);
  assert.match(html, /city-at-night|sample: \\"content\\"/);
  const policy = page.headers.get("content-security-policy")!;
  const start = html.indexOf("<script>") + "<script>".length;
  const script = html.slice(start, html.lastIndexOf("</script>"));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  assert.ok(policy.includes(`'sha256-${new Uint8Array(hash).toBase64()}'`));
  assert.match(policy, /connect-src 'self' ws:\/\/127\.0\.0\.1:\d+ wss:/);
  const again = await fetch(`${fake.url}/graphql`, {
    headers: { ...headers, "if-none-match": page.headers.get("etag")! },
  });
  assert.deepEqual([again.status, await again.text()], [304, ""]);
  const plain = await fetch(`${fake.url}/graphql`, { headers: { accept: "text/html", "accept-encoding": "identity" } });
  assert.equal((await plain.text()).length, html.length);
});

Deno.test("GraphiQL shows who is signed in at the studio, and says where to sign in, only where anybody has to", async () => {
  const pageOf = async (options: Parameters<typeof serveFake>) => {
    await using fake = await serveFake(...options);
    const page = await fetch(`${fake.url}/graphql`, { headers: { accept: "text/html" } });
    return { html: await page.text(), policy: page.headers.get("content-security-policy")! };
  };
  const { html, policy } = await pageOf([{ publicUrl: new URL("https://a.example/gramcast") }, { auth: ["keys"] }]);
  assert.match(html, /<a href="\/gramcast\/">Sign in at the studio<\/a>/);
  const start = html.indexOf("<script>") + "<script>".length;
  const script = html.slice(start, html.lastIndexOf("</script>"));
  assert.match(script.slice(-1000), /connectionParams: \(\) => shown\(\)/);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  assert.ok(policy.includes(`'sha256-${new Uint8Array(hash).toBase64()}'`));
  const open = await pageOf([]);
  assert.doesNotMatch(open.html, /gramcast\.session|Sign in at/);
});

Deno.test("every example operation is valid, and names samples that are there", () => {
  const operations = exampleOperations(["content", "style"]);
  assert.deepEqual(
    operations.map(({ query }) => {
      const document = parse(query);
      assert.deepEqual(validate(schema, document), []);
      const [definition] = document.definitions;
      return definition?.kind === Kind.OPERATION_DEFINITION && definition.operation;
    }),
    ["mutation", "subscription", "query", "query", "query"],
  );
  assert.match(operations[0]!.query, /sample: "content".*sample: "style"/s);
  assert.match(exampleOperations(["a", "starry-swirls", "city-at-night"])[0]!.query, /city-at-night.*starry-swirls/s);
});
