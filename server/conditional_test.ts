import assert from "node:assert/strict";
import { notModified } from "./conditional.ts";

Deno.test("notModified() compares weakly, one of a list or *", () => {
  const answer = (known: string | null, etag: string) =>
    notModified(
      new Request("http://a", { headers: known === null ? {} : { "if-none-match": known } }),
      new Headers({ etag }),
    );
  for (const etag of ['"abc"', 'W/"abc"']) {
    for (const known of ['"abc"', 'W/"abc"', '"x", W/"abc"', "*", ' "abc" ']) {
      assert.equal(answer(known, etag)?.status, 304, `${known} of ${etag}`);
    }
    for (const known of [null, "", '"x"', '"abcd"', "abc", '"ab"']) {
      assert.equal(answer(known, etag), undefined, `${known} of ${etag}`);
    }
  }
  assert.equal(answer('"abc"', '"abc"')!.headers.get("etag"), '"abc"');
});
