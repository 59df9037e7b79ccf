import { ENDPOINT } from "../api/client.ts";
import { signIn } from "../api/credentials.ts";
import type { Transfer } from "./followed.ts";
import { options } from "./catalogue.ts";

const SELECTION = `sequence
    status
    step
    steps
    progress
    etaSeconds
    losses { total content style }
    frame { url dataUrl(maxSize: 512) }`;

/** Mutation and subscription as they can be pasted into GraphiQL. */
export function asGraphql(transfer: Transfer): string {
  return `mutation Paint {
  startTransfer(
    input: ${literal(transfer.request, "    ", enumNames())}
  ) {
    transfer { id }
  }
}

subscription Watch {
  transferProgress(id: ${JSON.stringify(transfer.id)}) {
    ${SELECTION}
  }
}
`;
}

/** A program for any browser or runtime that has fetch and WebSocket. */
export function asTypeScript(transfer: Transfer): string {
  const input = JSON.stringify(transfer.request, null, 2)
    .replace(/^( *)"(\w+)":/gm, "$1$2:");
  const asked = signIn.ways.length > 0;
  return `import { createClient } from "graphql-ws";

const input = ${input};
${asked ? '// A key of yours: `deno task keys create NAME` makes one.\nconst authorization = "Bearer gram_…";\n' : ""}
const answer = await fetch("${ENDPOINT}", {
  method: "POST",
  headers: { "content-type": "application/json"${asked ? ", authorization" : ""} },
  body: JSON.stringify({
    query: "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }",
    variables: { input },
  }),
});
const { id } = (await answer.json()).data.startTransfer.transfer;

const client = createClient({ url: "${ENDPOINT.replace(/^http/, "ws")}",${
    asked ? " connectionParams: { authorization }," : ""
  } shouldRetry: () => true, retryAttempts: Infinity });
const variables: { id: string; after?: number } = { id };
const query = \`subscription ($id: ID!, $after: Int) {
  transferProgress(id: $id, after: $after) {
    ${SELECTION}
  }
}\`;

for await (const { data } of client.iterate<{ transferProgress: any }>({ query, variables })) {
  const event = data!.transferProgress;
  variables.after = event.sequence; // Where to resume after a dropped connection.
  console.log(event.status, event.step, event.losses?.total, event.frame?.url);
}
`;
}

/** Fields whose value is the name of an enum, which GraphQL writes without quotes; a layer's name is a text. */
function enumNames(): ReadonlySet<string> {
  const all = options.value.flatMap((option) => [option, ...option.parts ?? []]);
  const isEnum = (choices: readonly string[] | null) => choices?.every((choice) => choice === choice.toUpperCase());
  return new Set(["preset", ...all.filter(({ choices }) => isEnum(choices)).map(({ name }) => name)]);
}

/** A value as GraphQL writes it. */
function literal(value: unknown, indent: string, enums: ReadonlySet<string>, key = ""): string {
  if (Array.isArray(value)) return `[${value.map((one) => literal(one, indent, enums)).join(", ")}]`;
  if (value === null || typeof value !== "object") return enums.has(key) ? String(value) : JSON.stringify(value);
  const entries = Object.entries(value);
  const flat = `{ ${entries.map(([name, inner]) => `${name}: ${literal(inner, "", enums, name)}`).join(", ")} }`;
  if (flat.length < 60 || indent === "") return flat;
  const deeper = `${indent}  `;
  return `{\n${
    entries.map(([name, inner]) => `${deeper}${name}: ${literal(inner, deeper, enums, name)}`).join("\n")
  }\n${indent}}`;
}
