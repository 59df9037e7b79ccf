import {
  type GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isSpecifiedScalarType,
  type OperationDefinitionNode,
  typeFromAST,
} from "graphql";
import { quoted } from "../values.ts";
import { serverError } from "./errors.ts";

export interface VariableLimits {
  /** Entries of one list. */
  readonly maxListLength: number;
  /** Fields of all input objects together. */
  readonly maxInputFields: number;
}

/**
 * The first thing that is wrong with the variables of an operation; undefined when they fit. GraphQL's own check finds
 * every fault, and prints the whole value at each: what is wrong with a few kilobytes can take minutes and gigabytes. A
 * message says where and of what kind a value is, never the value.
 */
export function faultOfVariables(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
  limits: VariableLimits,
): GraphQLError | undefined {
  const check = new Check(limits);
  for (const { variable, type: node, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    const type = typeFromAST(schema, node);
    // A type that is none is the validation's to find.
    if (!isInputType(type)) continue;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined && defaultValue) continue;
    const fault = check.value(value, type, []);
    if (fault) return faultError(name, fault);
  }
  return undefined;
}

type Path = readonly (string | number)[];

interface Fault {
  readonly path: Path;
  readonly found: string;
  readonly wanted: string;
  readonly tooLarge?: true;
}

function faultError(variable: string, { path, found, wanted, tooLarge }: Fault): GraphQLError {
  const field = path.length > 0 ? path.join(".") : variable;
  const place = path.length > 0 ? `variable $${variable} at ${field}` : `variable $${variable}`;
  const error = serverError(
    tooLarge ? "QUERY_TOO_COMPLEX" : "BAD_USER_INPUT",
    `Cannot use ${place}: found ${found}, wanted ${wanted}`,
  );
  error.extensions["field"] = field;
  return error;
}

class Check {
  readonly #limits: VariableLimits;
  #fields = 0;

  constructor(limits: VariableLimits) {
    this.#limits = limits;
  }

  value(value: unknown, type: GraphQLInputType, path: Path): Fault | undefined {
    if (isNonNullType(type)) {
      if (value === null || value === undefined) {
        return { path, found: value === null ? "null" : "nothing", wanted: String(type) };
      }
      return this.value(value, type.ofType, path);
    }
    if (value === null || value === undefined) return undefined;
    if (isListType(type)) return this.#list(value, type.ofType, path);
    if (isInputObjectType(type)) return this.#object(value, type, path);
    return isLeafType(type) ? leaf(value, type, path) : undefined;
  }

  #list(value: unknown, type: GraphQLInputType, path: Path): Fault | undefined {
    if (!Array.isArray(value)) return this.value(value, type, path);
    const { maxListLength } = this.#limits;
    if (value.length > maxListLength) {
      return { path, found: `${value.length} entries`, wanted: `at most ${maxListLength}`, tooLarge: true };
    }
    for (const [i, entry] of value.entries()) {
      const fault = this.value(entry, type, [...path, i]);
      if (fault) return fault;
    }
    return undefined;
  }

  #object(value: unknown, type: GraphQLInputObjectType, path: Path): Fault | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Blob) {
      return { path, found: kindOf(value), wanted: `${type}, an object` };
    }
    const { maxInputFields } = this.#limits;
    const given = Object.keys(value);
    this.#fields += given.length;
    if (this.#fields > maxInputFields) {
      const found = `more than ${maxInputFields} fields of input objects`;
      return { path, found, wanted: "at most that", tooLarge: true };
    }
    const fields = type.getFields();
    const unknown = given.find((name) => !Object.hasOwn(fields, name));
    if (unknown !== undefined) {
      return { path, found: `a field ${quoted(unknown)}`, wanted: `fields of ${type} only` };
    }
    if (type.isOneOf && (given.length !== 1 || (value as Record<string, unknown>)[given[0]!] === null)) {
      return { path, found: `${given.length} fields`, wanted: `exactly one of ${type}, and not null` };
    }
    for (const field of Object.values(fields)) {
      const inner = Object.hasOwn(value, field.name) ? (value as Record<string, unknown>)[field.name] : undefined;
      if (inner === undefined && !isRequiredInputField(field)) continue;
      const fault = this.value(inner, field.type, [...path, field.name]);
      if (fault) return fault;
    }
    return undefined;
  }
}

function leaf(value: unknown, type: GraphQLLeafType, path: Path): Fault | undefined {
  try {
    if (type.coerceInputValue(value) !== undefined) return undefined;
  } catch {
    // It says what was given, at any length.
  }
  const wanted = isEnumType(type)
    ? `one of ${type.getValues().map(({ name }) => name).join(", ")}`
    : isSpecifiedScalarType(type)
    ? String(type)
    : `${type}: ${type.description ?? ""}`;
  return { path, found: kindOf(value), wanted };
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Blob) return "a file";
  switch (typeof value) {
    case "string":
      return `text of ${value.length} characters`;
    case "number":
      return Number.isInteger(value) ? "a whole number" : "a number that is not whole";
    case "boolean":
      return `${value}`;
    default:
      return "an object";
  }
}
