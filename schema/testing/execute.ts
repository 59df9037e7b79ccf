import assert from "node:assert/strict";
import { graphql, GraphQLError, parse, subscribe } from "graphql";
import { GramcastError } from "../../errors.ts";
import type { Session } from "../../access/access.ts";
import { type Caller, LOCAL_CALLER } from "../../transfers/caller.ts";
import { contextOf } from "../context.ts";
import { schema } from "../index.ts";
import type { ApiStage } from "./api_stage.ts";

// deno-lint-ignore no-explicit-any -- whatever was selected
type Data = any;

/** Who asks in these tests: no admin, so that what is others' is out of sight. */
const CALLER: Caller = { ...LOCAL_CALLER, role: "USER" };
const SESSION: Session = {
  caller: CALLER,
  identity: { caller: CALLER, expiresAt: null, origin: null },
  ended: new AbortController().signal,
};

/** The shortest input that starts a transfer. */
export const PICTURES = { content: { sample: "content" }, styles: [{ image: { sample: "style" } }] } as const;

/** Executes an operation that has to succeed. */
export async function run(stage: ApiStage, source: string, variableValues: Data = {}): Promise<Data> {
  const { data, errors } = await graphql({
    schema,
    source,
    variableValues,
    contextValue: contextOf(stage, SESSION),
  });
  if (errors) throw errors[0];
  await assertNothingLeftOver(stage);
  return JSON.parse(JSON.stringify(data));
}

/** Starts a transfer of samples with these options, and answers its id. */
export async function start(stage: ApiStage, options: object = {}): Promise<string> {
  const source = "mutation ($input: StartTransferInput!) { startTransfer(input: $input) { transfer { id } } }";
  return (await run(stage, source, { input: { ...PICTURES, ...options } })).startTransfer.transfer.id;
}

/** Executes an operation that has to fail, and answers with what the failure says. */
export async function fail(
  stage: ApiStage,
  source: string,
  variableValues: Data = {},
): Promise<{ code: string; field: string | undefined; message: string }> {
  const { errors } = await graphql({ schema, source, variableValues, contextValue: contextOf(stage, SESSION) });
  await assertNothingLeftOver(stage);
  return described(errors?.[0]);
}

/** What an operation has taken in and nothing keeps is gone when it is done. */
async function assertNothingLeftOver({ ports: { images, store } }: ApiStage): Promise<void> {
  for (const { id, uploadedAt } of await images.all()) {
    assert.ok(uploadedAt !== null || await store.imageUses(id) > 0, `nothing keeps image ${id}`);
  }
}

/** Subscribes; throws the error where that fails. */
export async function follow(stage: ApiStage, source: string, variableValues: Data = {}) {
  const args = { schema, document: parse(source), variableValues, contextValue: contextOf(stage, SESSION) };
  const result = await subscribe(args);
  if (Symbol.asyncIterator in result) {
    return result as AsyncGenerator<{ data?: Data; errors?: readonly GraphQLError[] }, void, void>;
  }
  throw result.errors![0];
}

/** Code, field and message of what a resolver threw. */
export function described(error: unknown): { code: string; field: string | undefined; message: string } {
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (!(cause instanceof GramcastError)) throw error ?? new Error("did not fail");
  return { code: cause.code, field: cause.field, message: cause.message };
}
