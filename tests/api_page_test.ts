/** docs/api.md has what clients must be able to rely on. */
import assert from "node:assert/strict";
import { OPERATION_LIMITS } from "../server/limits.ts";
import { JSON_LIMITS } from "../server/json.ts";
import { CONNECTION_LIMITS } from "../server/listener.ts";
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
  const { maxAliases, maxDirectives, maxListLength, maxInputFields } = OPERATION_LIMITS;
  assert.ok(PAGE.includes(`${maxAliases} aliases, ${maxDirectives} directives |`));
  assert.ok(PAGE.includes(`| ${maxListLength} list entries, ${maxInputFields} input fields |`));
  const { maxValues, maxDepth: levels } = JSON_LIMITS;
  assert.ok(PAGE.includes(`| ${maxValues.toLocaleString("en")}, and ${levels} |`));
  const { maxSockets, maxOperations, maxMessage, maxGreeting, maxSubscription, beatMs } = WEBSOCKET_LIMITS;
  assert.ok(PAGE.includes(`| ${maxGreeting / 1024} KiB, and ${maxSubscription / 1024} KiB |`));
  assert.ok(PAGE.includes(`half read | ${3 * beatMs / 1000} s |`));
  const connections = CONNECTION_LIMITS;
  assert.ok(PAGE.includes(`| connections | ${connections.maxConnections} |`));
  assert.ok(PAGE.includes(`| ${connections.maxHeaderBytes / 1024} KiB, ${connections.headersMs / 1000} s |`));
  assert.ok(PAGE.includes(`| a whole request | ${connections.requestMs / 1000} s |`));
  assert.ok(PAGE.includes(`the next 64 KiB | ${connections.stallMs / 1000} s |`));
  assert.ok(PAGE.includes(`without a request | ${connections.idleMs / 1000} s |`));
  assert.ok(PAGE.includes(`pipelined requests on a connection | ${connections.maxPipelined} |`));
  assert.ok(PAGE.includes(`messages | ${connections.maxHeldBytes / 2 ** 20} MiB |`));
  assert.ok(PAGE.includes(`| ${maxSockets}, ${maxOperations}, ${maxSubscriptions} |`));
  assert.ok(PAGE.includes(`| ${MAX_JSON_BYTES / 2 ** 20} MiB, and ${maxMessage / 2 ** 20} MiB |`));
});
