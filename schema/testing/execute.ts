import assert from "node:assert/strict";
import { graphql, GraphQLError, parse, subscribe } from "graphql";
import { GramcastError } from "../../errors.ts";
import { Allowance } from "../allowance.ts";
import type { Context } from "../context.ts";
import { schema } from "../index.ts";
import type { FakeServices } from "./fake_services.ts";

// deno-lint-ignore no-explicit-any -- whatever was selected
type Data = any;

function contextOf(services: FakeServices, owner = "local"): Context {
  const { config, transfers, frames, fetchImage } = services;
  const { classLabels, weights } = { classLabels: () => services.classLabels(), weights: () => services.weights() };
  return {
    config,
    transfers,
    frames,
    fetchImage,
    classLabels,
    weights,
    allowance: new Allowance(config.maxImageBytes),
    owner,
  };
}

/** Executes an operation that has to succeed. */
export async function run(services: FakeServices, source: string, variableValues: Data = {}): Promise<Data> {
  const { data, errors } = await graphql({ schema, source, variableValues, contextValue: contextOf(services) });
  if (errors) throw errors[0];
  assertNothingHeld(services);
  return JSON.parse(JSON.stringify(data));
}

/** Executes an operation that has to fail, and answers with what the failure says. */
export async function fail(
  services: FakeServices,
  source: string,
  variableValues: Data = {},
): Promise<{ code: string; field: string | undefined; message: string }> {
  const { errors } = await graphql({ schema, source, variableValues, contextValue: contextOf(services) });
  assertNothingHeld(services);
  return described(errors?.[0]);
}

/** Whatever an operation takes in, it holds until it is done and no longer. */
function assertNothingHeld({ transfers }: FakeServices): void {
  assert.equal(transfers.images.openIntakes, 0);
}

/** Subscribes; throws the error where that fails. */
export async function follow(services: FakeServices, source: string, variableValues: Data = {}) {
  const args = { schema, document: parse(source), variableValues, contextValue: contextOf(services) };
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
