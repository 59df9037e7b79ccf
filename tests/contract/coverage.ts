/**
 * Compares a schema with the contract that it has to cover.
 *
 * @module
 */
import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isSpecifiedScalarType,
  print,
  printType,
} from "graphql";

/** Every point in which `schema` falls short of `contract`, one line each; more than the contract is allowed. */
export function missingFrom(schema: GraphQLSchema, contract: GraphQLSchema): string[] {
  return ownTypes(contract).flatMap((wanted) => {
    const found = schema.getType(wanted.name);
    if (!found) return [`type ${wanted.name} is missing`];
    if (found.constructor !== wanted.constructor) return [`${wanted.name} is another kind of type`];
    if (isEnumType(wanted)) return enumDifferences(found as GraphQLEnumType, wanted);
    if (isInputObjectType(wanted)) return inputDifferences(found as GraphQLInputObjectType, wanted);
    if (isObjectType(wanted) || isInterfaceType(wanted)) {
      return outputDifferences(found as GraphQLObjectType | GraphQLInterfaceType, wanted);
    }
    return [];
  });
}

function enumDifferences(found: GraphQLEnumType, wanted: GraphQLEnumType): string[] {
  return wanted.getValues().filter(({ name }) => !found.getValue(name)).map(({ name }) =>
    `value ${wanted.name}.${name} is missing`
  );
}

function inputDifferences(found: GraphQLInputObjectType, wanted: GraphQLInputObjectType): string[] {
  const differences = found.isOneOf === wanted.isOneOf ? [] : [`${wanted.name}: @oneOf differs`];
  const fields = found.getFields();
  for (const field of Object.values(wanted.getFields())) {
    differences.push(...valueDifferences(`${wanted.name}.${field.name}`, fields[field.name], field));
  }
  const extra = Object.values(fields).filter((field) => !(field.name in wanted.getFields()));
  return [
    ...differences,
    ...extra.filter(isRequiredInputField).map(({ name }) => `${wanted.name}.${name} is required beyond the contract`),
  ];
}

function outputDifferences(
  found: GraphQLObjectType | GraphQLInterfaceType,
  wanted: GraphQLObjectType | GraphQLInterfaceType,
): string[] {
  const interfaces = new Set(found.getInterfaces().map(({ name }) => name));
  const differences = wanted.getInterfaces().filter(({ name }) => !interfaces.has(name)).map(({ name }) =>
    `${wanted.name} does not implement ${name}`
  );
  for (const field of Object.values(wanted.getFields())) {
    differences.push(...fieldDifferences(`${wanted.name}.${field.name}`, found.getFields()[field.name], field));
  }
  return differences;
}

function fieldDifferences(
  at: string,
  found: GraphQLField<unknown, unknown> | undefined,
  wanted: GraphQLField<unknown, unknown>,
): string[] {
  if (!found) return [`field ${at} is missing`];
  const differences = String(found.type) === String(wanted.type) ? [] : [`${at} is ${found.type}, not ${wanted.type}`];
  for (const argument of wanted.args) {
    const same = found.args.find(({ name }) => name === argument.name);
    differences.push(...valueDifferences(`${at}(${argument.name})`, same, argument));
  }
  const extra = found.args.filter(({ name }) => !wanted.args.some((argument) => argument.name === name));
  return [
    ...differences,
    ...extra.filter(isRequiredArgument).map(({ name }) => `${at}(${name}) is required beyond the contract`),
  ];
}

type InputValue = GraphQLArgument | GraphQLInputField;

function valueDifferences(at: string, found: InputValue | undefined, wanted: InputValue): string[] {
  if (!found) return [`input ${at} is missing`];
  return [
    ...(String(found.type) === String(wanted.type) ? [] : [`${at} is ${found.type}, not ${wanted.type}`]),
    ...(defaultOf(found) === defaultOf(wanted)
      ? []
      : [`${at} defaults to ${defaultOf(found)}, not ${defaultOf(wanted)}`]),
  ];
}

function defaultOf({ default: given, defaultValue, type }: InputValue): string {
  const node = given?.literal ?? astFromValue(given ? given.value : defaultValue, type);
  return node ? print(node) : "nothing";
}

/** Every type, field, argument and value of a schema that says nothing about itself. */
export function undescribed(schema: GraphQLSchema): string[] {
  return ownTypes(schema).flatMap((type) => {
    const silent = (items: readonly { name: string; description?: string | null | undefined }[], at: string) =>
      items.filter(({ description }) => !description?.trim()).map(({ name }) => `${at}${name}`);
    const members = isEnumType(type)
      ? silent(type.getValues(), `${type.name}.`)
      : isInputObjectType(type)
      ? silent(Object.values(type.getFields()), `${type.name}.`)
      : isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).flatMap((field) => [
        ...silent([field], `${type.name}.`),
        ...silent(field.args, `${type.name}.${field.name}.`),
      ])
      : [];
    return [...silent([type], ""), ...members];
  });
}

function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter((type) =>
    !type.name.startsWith("__") && !isSpecifiedScalarType(type) && printType(type) !== ""
  );
}
