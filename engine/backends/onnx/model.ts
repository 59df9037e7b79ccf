/**
 * ONNX models, built node by node and written as protocol buffers. Only what the engine's graphs use: float32 and int64
 * tensors, one graph, no subgraphs. Field numbers are those of `onnx.proto` (ONNX 1.16, IR version 9).
 *
 * @module
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** The name under which a tensor is known in a graph. */
export type Tensor = string;

/** Attribute values: numbers are written as float unless wrapped in {@linkcode int}. */
type Attribute = string | number | readonly bigint[] | bigint;

const IR_VERSION = 9;
const OPSET = 18;
const FLOAT = 1;
const INT64 = 7;

/** Operators of ONNX Runtime's blocked layout; see `blocked_layout.ts`. */
export const NCHWC_DOMAIN = "com.microsoft.nchwc";

/** A graph under construction. Every method that adds a node returns the name of its output. */
export class ModelBuilder {
  readonly #nodes: Uint8Array[] = [];
  readonly #inputs = new Map<Tensor, readonly number[]>();
  readonly #outputs: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];
  readonly #constantNames = new Map<string, Tensor>();
  #count = 0;

  /** Declares a float32 input of the graph. */
  input(name: Tensor, shape: readonly number[]): Tensor {
    this.#inputs.set(name, shape);
    return name;
  }

  /** Makes `tensor` an output of the graph under `name`. */
  output(name: string, tensor: Tensor, shape: readonly number[]): void {
    this.#nodes.push(nodeProto("Identity", "", [tensor], name, {}));
    this.#outputs.push(valueInfo(name, shape));
  }

  /** A float32 constant; equal small ones are shared. */
  floats(values: ArrayLike<number>, shape: readonly number[] = []): Tensor {
    const data = Float32Array.from(values);
    return this.#constant(FLOAT, bytesOf(data), shape);
  }

  /** An int64 vector constant: shapes, axes, starts, ends. */
  ints(values: readonly number[]): Tensor {
    const data = BigInt64Array.from(values, BigInt);
    return this.#constant(INT64, new Uint8Array(data.buffer), [values.length]);
  }

  /** Adds a node with one output. Empty input names stand for optional inputs left out. */
  node(operator: string, inputs: readonly Tensor[], attributes: Record<string, Attribute> = {}, domain = ""): Tensor {
    const output = `${operator}_${++this.#count}`;
    this.#nodes.push(nodeProto(operator, domain, inputs, output, attributes));
    return output;
  }

  /** The finished model. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const graph = new BinaryWriter();
    for (const node of this.#nodes) graph.tag(1, WireType.LengthDelimited).bytes(node);
    graph.tag(2, WireType.LengthDelimited).string("gramcast");
    for (const constant of this.#constants) graph.tag(5, WireType.LengthDelimited).bytes(constant);
    for (const [name, shape] of this.#inputs) graph.tag(11, WireType.LengthDelimited).bytes(valueInfo(name, shape));
    for (const output of this.#outputs) graph.tag(12, WireType.LengthDelimited).bytes(output);
    const model = new BinaryWriter();
    model.tag(1, WireType.Varint).int64(IR_VERSION);
    model.tag(7, WireType.LengthDelimited).bytes(graph.finish());
    for (const [domain, version] of [["", OPSET], [NCHWC_DOMAIN, 1]] as const) {
      const opset = new BinaryWriter().tag(1, WireType.LengthDelimited).string(domain).tag(2, WireType.Varint).int64(
        version,
      );
      model.tag(8, WireType.LengthDelimited).bytes(opset.finish());
    }
    return model.finish();
  }

  #constant(dataType: number, bytes: Uint8Array, shape: readonly number[]): Tensor {
    const key = bytes.length <= 64 ? `${dataType}:${shape}:${bytes}` : undefined;
    const known = key === undefined ? undefined : this.#constantNames.get(key);
    if (known !== undefined) return known;
    const name = `constant_${++this.#count}`;
    this.#constants.push(tensorProto(name, dataType, shape, bytes));
    if (key !== undefined) this.#constantNames.set(key, name);
    return name;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function tensorProto(name: string, dataType: number, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const proto = new BinaryWriter();
  for (const side of shape) proto.tag(1, WireType.Varint).int64(side);
  proto.tag(2, WireType.Varint).int32(dataType);
  proto.tag(8, WireType.LengthDelimited).string(name);
  proto.tag(9, WireType.LengthDelimited).bytes(bytes);
  return proto.finish();
}

function valueInfo(name: string, shape: readonly number[]): Uint8Array {
  const dims = new BinaryWriter();
  for (const side of shape) {
    const dim = new BinaryWriter().tag(1, WireType.Varint).int64(side).finish();
    dims.tag(1, WireType.LengthDelimited).bytes(dim);
  }
  const tensor = new BinaryWriter().tag(1, WireType.Varint).int32(FLOAT);
  tensor.tag(2, WireType.LengthDelimited).bytes(dims.finish());
  const type = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(tensor.finish());
  return new BinaryWriter()
    .tag(1, WireType.LengthDelimited).string(name)
    .tag(2, WireType.LengthDelimited).bytes(type.finish())
    .finish();
}

function nodeProto(
  operator: string,
  domain: string,
  inputs: readonly Tensor[],
  output: Tensor,
  attributes: Record<string, Attribute>,
): Uint8Array {
  const node = new BinaryWriter();
  for (const input of inputs) node.tag(1, WireType.LengthDelimited).string(input);
  node.tag(2, WireType.LengthDelimited).string(output);
  node.tag(3, WireType.LengthDelimited).string(output);
  node.tag(4, WireType.LengthDelimited).string(operator);
  for (const [name, value] of Object.entries(attributes)) {
    node.tag(5, WireType.LengthDelimited).bytes(attributeProto(name, value));
  }
  if (domain !== "") node.tag(7, WireType.LengthDelimited).string(domain);
  return node.finish();
}

/** AttributeProto.type: 1 float, 2 int, 3 string, 7 ints. */
function attributeProto(name: string, value: Attribute): Uint8Array {
  const proto = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  if (typeof value === "number") {
    return proto.tag(2, WireType.Bit32).float(value).tag(20, WireType.Varint).int32(1).finish();
  }
  if (typeof value === "bigint") {
    return proto.tag(3, WireType.Varint).int64(value).tag(20, WireType.Varint).int32(2).finish();
  }
  if (typeof value === "string") {
    const text = new TextEncoder().encode(value);
    return proto.tag(4, WireType.LengthDelimited).bytes(text).tag(20, WireType.Varint).int32(3).finish();
  }
  for (const item of value) proto.tag(8, WireType.Varint).int64(item);
  return proto.tag(20, WireType.Varint).int32(7).finish();
}

/** Integers for attributes, which would else be written as floats. */
export function ints(...values: number[]): bigint[] {
  return values.map(BigInt);
}
