/** docs/api.md has what clients must be able to rely on. */
import assert from "node:assert/strict";
import { apiPage } from "../docs/api.ts";
import { OPERATION_LIMITS } from "../server/limits.ts";
import { JSON_LIMITS } from "../server/json.ts";
import { CONNECTION_LIMITS } from "../server/listener.ts";
import { WEBSOCKET_LIMITS } from "../server/websocket.ts";
import { MAX_JSON_BYTES } from "../server/graphql.ts";

const PAGE = await Deno.readTextFile(new URL("../docs/api.md", import.meta.url));

Deno.test("docs/api.md says of errors what the code says; `deno task docs:api` writes it anew", () => {
  assert.equal(apiPage(PAGE), PAGE);
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
