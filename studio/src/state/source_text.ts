import { ENDPOINT } from "../api/client.ts";
import type { BeginData, FollowData } from "../api/operations.ts";
import { type Choice, choiceOf } from "./choices.ts";
import { differences } from "./differences.ts";

type Transfer = NonNullable<FollowData["transfer"]>;

/** Options whose value is the name of an enum: written without quotes in GraphQL. */
const ENUMS = new Set(["preset", "pooling", "color", "kind"]);

/** The input that starts the same transfer again. */
export function inputOf(transfer: Transfer, presets: BeginData["presets"], samples: readonly Choice[]) {
  return {
    content: choiceOf(transfer.content, samples, "").input,
    styles: transfer.styles.map(({ image, weight }) => ({
      image: choiceOf(image, samples, "").input,
      ...(weight === 1 ? {} : { weight }),
    })),
    preset: transfer.options.preset,
    ...differences(transfer.options, presets),
  };
}

const SELECTION = `sequence
    status
    step
    steps
    progress
    etaSeconds
    losses { total content style }
    frame { url dataUrl(maxSize: 512) }`;

/** Mutation and subscription as they can be pasted into GraphiQL. */
export function asGraphql(transfer: Transfer, presets: BeginData["presets"], samples: readonly Choice[]): string {
  return `mutation Paint {
  startTransfer(
    input: ${literal(inputOf(transfer, presets, samples), "    ")}
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
export function asTypeScript(transfer: Transfer, presets: BeginData["presets"], samples: readonly Choice[]): string {
  const input = JSON.stringify(inputOf(transfer, presets, samples), null, 2)
    .replace(/^( *)"(\w+)":/gm, "$1$2:");
  return `import { createClient } from "graphql-ws";

const input = ${input};

const answer = await fetch("${ENDPOINT}", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    query: "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }",
    variables: { input },
  }),
});
const { id } = (await answer.json()).data.startTransfer.transfer;

const client = createClient({ url: "${
    ENDPOINT.replace(/^http/, "ws")
  }", shouldRetry: () => true, retryAttempts: Infinity });
const variables: { id: string; after?: number } = { id };
const query = \`subscription ($id: ID!, $after: Int) {
  transferProgress(id: $id, after: $after) {
    ${SELECTION}
  }
}\`;

for await (const { data } of client.iterate<{ transferProgress: any }>({ query, variables })) {
  const event = data!.transferProgress;
  variables.after = event.sequence; // After a lost connection it goes on from here.
  console.log(event.status, event.step, event.losses?.total, event.frame?.url);
}
`;
}

/** A value as GraphQL writes it. */
function literal(value: unknown, indent: string, key = ""): string {
  if (Array.isArray(value)) return `[${value.map((one) => literal(one, indent)).join(", ")}]`;
  if (value === null || typeof value !== "object") return ENUMS.has(key) ? String(value) : JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const flat = `{ ${entries.map(([name, inner]) => `${name}: ${literal(inner, "", name)}`).join(", ")} }`;
  if (flat.length < 60 || indent === "") return flat;
  const deeper = `${indent}  `;
  return `{\n${
    entries.map(([name, inner]) => `${deeper}${name}: ${literal(inner, deeper, name)}`).join("\n")
  }\n${indent}}`;
}
