/** The tables of limits in docs/api.md, with the numbers that the code has. */
import { MAX_ENCODED_PIXELS, MAX_TEXT_BYTES } from "../schema/allowance.ts";
import { BATCH_COST, BATCH_READ_COST, CELL_COST, CLASSIFY_COST, INTAKE_COST, LOOKUP_COST, PICTURE_COST, QUEUE_COST, START_COST } from "../schema/costs.ts";
import { STUCK_BEATS } from "../server/bounded_socket.ts";
import { MAX_JSON_BYTES, PICTURES_PER_REQUEST } from "../server/graphql.ts";
import { JSON_LIMITS } from "../server/json_structure.ts";
import { OPERATION_LIMITS } from "../server/limits.ts";
import { CONNECTION_LIMITS } from "../server/listener.ts";
import { MAX_FILES } from "../server/multipart.ts";
import { WEBSOCKET_LIMITS } from "../server/websocket.ts";
import { LIMITS, MAX_CONTENT_PIXELS, MAX_MOVING_PIXELS, MAX_WEBHOOKS } from "../limits.ts";
import { DELIVERIES_KEPT } from "../transfers/storage/ports.ts";
import { MAX_CLASSIFICATIONS } from "../transfers/life/classifications.ts";
import { table } from "./table.ts";

/** Of what one operation, and all of a caller's, may ask for. */
export function operationLimits(): string {
  const { maxCharacters, maxTokens, maxDepth, maxFields, maxAliases, maxDirectives } = OPERATION_LIMITS;
  const { maxListLength, maxInputFields, maxComplexity, maxEventComplexity, maxSubscriptions } = OPERATION_LIMITS;
  const { maxGreeting, maxMessage, maxOperations, maxSockets, maxSubscription } = WEBSOCKET_LIMITS;
  return table(
    ["What", "Maximum"],
    [
      "an operation's text",
      `${bytes(maxCharacters)}, ${maxTokens} tokens, ${maxDepth} levels, ${maxFields} fields (fragments count at each use), ` +
      `${maxAliases} aliases, ${maxDirectives} directives`,
    ],
    ["its variables", `${maxListLength} list entries, ${maxInputFields} input fields`],
    [
      `its complexity: field 1, encoded picture ${PICTURE_COST}, new picture ${INTAKE_COST}, known picture ${LOOKUP_COST}, ` +
      `queue position ${QUEUE_COST}, count of a batch ${BATCH_COST}, transfers of a batch ${BATCH_READ_COST}, new transfer ${START_COST}, each further one of a batch ${CELL_COST}, classification ${CLASSIFY_COST}, each times its count`,
      `${count(maxComplexity)}; ${maxEventComplexity} for each event of a subscription`,
    ],
    [
      "`base64` files, and encoded pixels, in one response or event",
      `${bytes(MAX_TEXT_BYTES)} or \`MAX_IMAGE_BYTES\`, and ${MAX_ENCODED_PIXELS / 4096 ** 2} frames of 4096²`,
    ],
    ["a JSON body, and a message on a WebSocket", `${bytes(MAX_JSON_BYTES)}, and ${bytes(maxMessage)}`],
    [
      "values, and levels, of JSON; names in one object",
      `${count(JSON_LIMITS.maxValues)}, and ${JSON_LIMITS.maxDepth}; ${count(JSON_LIMITS.maxNames)}`,
    ],
    [
      "`connection_init`, and a message that opens a subscription",
      `${bytes(maxGreeting)}, and ${bytes(maxSubscription)}`,
    ],
    ["a multipart body", `${PICTURES_PER_REQUEST} pictures of \`MAX_IMAGE_BYTES\`, ${MAX_FILES} files`],
    ["WebSockets, operations on each, subscriptions in all", `${maxSockets}, ${maxOperations}, ${maxSubscriptions}`],
    ["options of a transfer, its styles and keys", "[options.md](options.md); size as far as the memory goes"],
    ["transfers of a batch", `${LIMITS.batch.maximum}`],
    [
      "frames of a content that is painted with `moving`; its pixels, and those of the result, over all frames",
      `${LIMITS.contentFrames.maximum}; ${count(MAX_CONTENT_PIXELS)}, and ${count(MAX_MOVING_PIXELS)}`,
    ],
    ["waiting transfers, in all", "`MAX_QUEUED`"],
    ["of one key or address: requests, bytes, sockets, subscriptions in a time", "[rates](shares.md#rates)"],
    ["of one owner: waiting, running, bytes, work a day, size", "[shares](shares.md)"],
    [
      "retention of ended transfers and unused uploads",
      "`RETENTION_DAYS`, `RETENTION_BYTES`, an hour at least",
    ],
    ["frames of a transfer with `keepFrames`; above it, every second one is removed", "`MAX_FRAMES_BYTES`"],
    ["unused uploads, together", "half of `RETENTION_BYTES`"],
    [
      "webhooks of an owner, deliveries kept of each beside those on their way",
      `${MAX_WEBHOOKS}, ${count(DELIVERIES_KEPT)}; \`RETENTION_DAYS\``,
    ],
    ["classifications running or waiting", `${MAX_CLASSIFICATIONS}`],
  );
}

/** Of what a connection may take, and what happens otherwise. */
export function connectionLimits(): string {
  const { maxConnections, maxHeaderBytes, headersMs, requestMs, stallMs, idleMs, maxPipelined, maxHeldBytes, maxSpooledBytes } =
    CONNECTION_LIMITS;
  const { beatMs, highWater } = WEBSOCKET_LIMITS;
  return table(
    ["What", "Maximum", "Otherwise"],
    ["connections", `${maxConnections}`, "the longest idle one is closed; if none is idle, the new one"],
    ["the first line and headers of a request", `${bytes(maxHeaderBytes)}, ${seconds(headersMs)}`, "431, 408"],
    ["a whole request", seconds(requestMs), "408"],
    ["time for a peer to send or take the next 64 KiB", seconds(stallMs), "closed"],
    ["a connection without a request", seconds(idleMs), "closed"],
    ["pipelined requests on a connection", `${maxPipelined}`, "closed"],
    [
      "bytes held in memory for all connections: bodies, responses, messages",
      bytes(maxHeldBytes),
      "503 RATE_LIMITED, 1013 on a WebSocket",
    ],
    [
      "bytes held on the disk for all connections: uploads, and answers of more than 1 MiB",
      bytes(maxSpooledBytes),
      "503 RATE_LIMITED",
    ],
    [
      "a WebSocket that answers no ping, or leaves a message half sent or half read",
      seconds(STUCK_BEATS * beatMs),
      "closed",
    ],
  ) + `\n\nWhile more than ${bytes(highWater)} waits to be sent on a WebSocket, the server reads nothing more from it.`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function bytes(number: number): string {
  const units = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]] as const;
  const [size, unit] = units.find(([size]) => number >= size)!;
  return `${number / size} ${unit}`;
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
