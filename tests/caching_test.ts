import assert from "node:assert/strict";
import { serveFake } from "../server/testing/serve_fake.ts";
import { studioPages } from "../studio/studio.ts";

Deno.test("whatever has a tag is not sent twice, however the tag comes back", async () => {
  await using fake = await serveFake({ pages: studioPages() });
  for (const path of ["/images/sample-content", "/graphql", "/", "/studio/studio.js"]) {
    const first = await fetch(fake.url + path, { headers: { accept: "text/html,image/*" } });
    await first.body?.cancel();
    const tag = first.headers.get("etag")!.replace(/^W\//, "");
    for (const known of [tag, `W/${tag}`, `"other", W/${tag}`, "*"]) {
      const again = await fetch(fake.url + path, { headers: { accept: "text/html,image/*", "if-none-match": known } });
      assert.deepEqual([again.status, await again.text()], [304, ""], `${path}: ${known}`);
    }
    const other = await fetch(fake.url + path, {
      headers: { accept: "text/html,image/*", "if-none-match": tag.replace(/"$/, 'x"') },
    });
    assert.equal(other.status, 200, path);
    await other.body?.cancel();
  }
});
