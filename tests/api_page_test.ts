/** docs/api.md has what clients must be able to rely on. */
import assert from "node:assert/strict";
import { OPERATION_LIMITS } from "../server/limits.ts";
import { WEBSOCKET_LIMITS } from "../server/websocket.ts";
import { MAX_JSON_BYTES } from "../server/graphql.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, import.meta.url));
const PAGE = read("../docs/api.md");

/** The codes of a union type, from its source. */
function codes(path: string, type: string): string[] {
  const [, union] = new RegExp(`type ${type} =([^;]*);`).exec(read(path))!;
  return [...union!.matchAll(/"([A-Z_]+)"/g)].map(([, code]) => code!);
}

Deno.test("docs/api.md explains every error code, and none that there is not", () => {
  const known = [...codes("../errors.ts", "ErrorCode"), ...codes("../server/errors.ts", "ServerErrorCode")];
  assert.ok(known.length > 25);
  const explained = [...PAGE.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code!);
  assert.deepEqual(known.filter((code) => !explained.includes(code)), []);
  /** GraphQL's own, which the library answers with. */
  const ofGraphql = ["GRAPHQL_VALIDATION_FAILED", "OPERATION_RESOLUTION_FAILURE"];
  const rows = [...PAGE.matchAll(/^\| (`[^|]+`) \|[^|]+\|[^|]+\|$/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([A-Z_]{5,})`/g)].map(([, code]) => code!)
  );
  assert.deepEqual(rows.filter((code) => !known.includes(code) && !ofGraphql.includes(code)), []);
});

Deno.test("docs/api.md names the limits that the server has", () => {
  const { maxCharacters, maxTokens, maxDepth, maxFields, maxComplexity, maxSubscriptions } = OPERATION_LIMITS;
  assert.ok(PAGE.includes(`${maxCharacters / 1024} KiB, ${maxTokens} tokens, ${maxDepth} levels, ${maxFields} fields`));
  assert.ok(PAGE.includes(`| ${maxComplexity.toLocaleString("en")} |`));
  const { maxSockets, maxOperations, maxMessage } = WEBSOCKET_LIMITS;
  assert.ok(PAGE.includes(`| ${maxSockets}, ${maxOperations}, ${maxSubscriptions} |`));
  assert.ok(PAGE.includes(`| ${MAX_JSON_BYTES / 2 ** 20} MiB, and ${maxMessage / 2 ** 20} MiB |`));
});
