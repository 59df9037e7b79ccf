import { complexityFromQuery } from "@pothos/plugin-complexity";
import {
  type DocumentNode,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from "graphql";
import { finalAsyncIterator, isAsyncIterable, type Plugin } from "graphql-yoga";
import type { Context } from "../schema/context.ts";
import { COST_PER_TURN, LoopTurns } from "../transfers/loop_turns.ts";
import { clipped, maskError, serverError } from "./errors.ts";
import type { Visit } from "./visit.ts";
import { faultOfVariables, type VariableLimits } from "./variables.ts";

/** What one operation may ask for. */
export interface OperationLimits extends VariableLimits {
  /** Characters and tokens of a document: bounds what parsing and validating it can take. */
  readonly maxCharacters: number;
  readonly maxTokens: number;
  /** Aliases, and directives, in a document. */
  readonly maxAliases: number;
  readonly maxDirectives: number;
  /** Levels of nested fields. */
  readonly maxDepth: number;
  /** Fields in all, aliases and fragments counted wherever they are used. */
  readonly maxFields: number;
  /** Sum over all fields of what they cost, times how often they come. */
  readonly maxComplexity: number;
  /** The same of what a subscription selects, which is paid for with each of its events. */
  readonly maxEventComplexity: number;
  /** Subscriptions that may be open at once in the whole server. */
  readonly maxSubscriptions: number;
}

export const OPERATION_LIMITS: OperationLimits = {
  maxCharacters: 2 ** 17,
  maxTokens: 1000,
  maxAliases: 250,
  maxDirectives: 50,
  maxDepth: 15,
  maxFields: 500,
  maxComplexity: 10_000,
  maxEventComplexity: COST_PER_TURN,
  maxListLength: 1000,
  maxInputFields: 500,
  maxSubscriptions: 1000,
};

/** What it costs to open a subscription: looking for all transfers of a batch. */
const OPENING_COST = COST_PER_TURN;
/** What each event costs whatever is selected: looking for it, and sending it. */
const EVENT_COST = 10;

interface ExecutionArguments {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly variableValues?: Record<string, unknown>;
  readonly contextValue: Pick<Context, "session" | "allowance"> & { readonly visit: Visit };
}

/**
 * Refuses operations that ask for too much, before any resolver runs, over HTTP and WebSocket alike. The check sees the
 * variables' values, so it cannot be a validation rule: those are cached by document.
 */
export function useOperationLimits(limits: OperationLimits): Plugin<Pick<Context, "nextEvent">> {
  let open = 0;
  const turns = new LoopTurns();
  return {
    onParse({ params: { source }, parseFn, setParseFn }) {
      const characters = typeof source === "string" ? source.length : source.body.length;
      if (characters > limits.maxCharacters) {
        throw tooComplex(
          `found ${characters} characters, wanted at most ${limits.maxCharacters}; put pictures into variables`,
        );
      }
      setParseFn((text, options) => {
        try {
          return parseFn(text, { ...options, maxTokens: limits.maxTokens });
        } catch (error) {
          if (!/Parsing aborted/.test(String(error))) throw error;
          throw tooComplex(`found more than ${limits.maxTokens} tokens, wanted no more`);
        }
      });
      return ({ result }) => {
        if (result && !(result instanceof Error)) checkNodes(result, limits);
      };
    },
    onValidate() {
      // Over HTTP they are answered as they are.
      return ({ result, setResult }) => setResult((result as readonly GraphQLError[]).map(clipped));
    },
    onExecute({ args, setResultAndStopExecution }) {
      const weighed = weigh(args as unknown as ExecutionArguments, limits);
      if (weighed instanceof GraphQLError) setResultAndStopExecution({ errors: [weighed] });
    },
    async onSubscribe({ args, extendContext, setResultAndStopExecution }) {
      const { contextValue: { visit, session, allowance } } = args as unknown as ExecutionArguments;
      const weighed = weigh(args as unknown as ExecutionArguments, limits);
      const error = weighed instanceof GraphQLError
        ? weighed
        : open < limits.maxSubscriptions
        ? refusalBy(() => visit.take("subscriptions", 1))
        : serverError(
          "RATE_LIMITED",
          `Cannot open another subscription: found ${open}, wanted at most ${limits.maxSubscriptions}`,
          503,
        );
      if (error) {
        setResultAndStopExecution({ errors: [error] });
        return;
      }
      open++;
      const who = visit.whoIs(session);
      const cost = EVENT_COST + (weighed as number);
      const gone = new AbortController();
      extendContext({
        nextEvent: async () => {
          await turns.take(who, cost, gone.signal);
          allowance.renew();
        },
      });
      await turns.take(who, OPENING_COST);
      return {
        onSubscribeResult({ result, setResult }) {
          if (!isAsyncIterable(result)) return void open--;
          setResult(finalAsyncIterator(result, () => {
            open--;
            gone.abort();
          }));
        },
      };
    },
  };
}

/** The complexity of an operation, or why it is not to be executed. */
function weigh(args: ExecutionArguments, limits: OperationLimits): number | GraphQLError {
  const operation = getOperationAST(args.document, args.operationName);
  if (!operation) return serverError("BAD_REQUEST", unidentified(args));
  const fault = faultOfVariables(args.schema, operation, args.variableValues ?? {}, limits);
  if (fault) return fault;
  const isFollowed = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const maxComplexity = isFollowed ? limits.maxEventComplexity : limits.maxComplexity;
  try {
    const { complexity, depth, breadth } = complexityFromQuery(only(operation, args.document), {
      schema: args.schema,
      ctx: args.contextValue,
      variables: args.variableValues ?? {},
    });
    if (depth > limits.maxDepth) return tooComplex(`found ${depth} levels, wanted at most ${limits.maxDepth}`);
    if (breadth > limits.maxFields) return tooComplex(`found ${breadth} fields, wanted at most ${limits.maxFields}`);
    if (!(complexity <= maxComplexity)) {
      const what = isFollowed ? "a complexity for each event" : "a complexity";
      return tooComplex(`found ${what} of ${Math.ceil(complexity)}, wanted at most ${maxComplexity}`);
    }
    return refusalBy(() => args.contextValue.visit.takeComplexity(complexity)) ?? complexity;
  } catch (error) {
    // Arguments that do not fit their types: nothing could be computed from them.
    if (error instanceof GraphQLError) return maskError(error);
    throw error;
  }
}

/** The error that a call throws; undefined where it throws none. */
function refusalBy(call: () => void): GraphQLError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

/** The document without its other operations: the complexity of a document is that of its first one. */
function only(operation: OperationDefinitionNode, document: DocumentNode): DocumentNode {
  return {
    ...document,
    definitions: document.definitions.filter((node) => node.kind !== Kind.OPERATION_DEFINITION || node === operation),
  };
}

function unidentified({ document, operationName }: ExecutionArguments): string {
  const count = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length;
  return operationName
    ? "Cannot execute: found no operation of the given name, wanted one of the document's"
    : `Cannot execute: found ${count} operations and no name, wanted operationName`;
}

/** @throws {GraphQLError} QUERY_TOO_COMPLEX */
function checkNodes(document: DocumentNode, { maxAliases, maxDirectives }: OperationLimits): void {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: ({ alias }) => void (alias && aliases++),
    Directive: () => void directives++,
  });
  if (aliases > maxAliases) throw tooComplex(`found ${aliases} aliases, wanted at most ${maxAliases}`);
  if (directives > maxDirectives) throw tooComplex(`found ${directives} directives, wanted at most ${maxDirectives}`);
}

function tooComplex(what: string): GraphQLError {
  return serverError("QUERY_TOO_COMPLEX", `Cannot execute an operation as large as this: ${what}`);
}
