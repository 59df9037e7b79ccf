/**
 * Features in 16 bits. Kernels are written for quads of float32; what a buffer of 16 bits holds is widened where it is read and
 * narrowed where it is written, and computed in float32 in between. That is in WebGPU's core: every device can.
 *
 * @module
 */
import functions from "./kernels/half.wgsl" with { type: "text" };

/** What features are divided by: as `half.wgsl` has it. */
const SCALE = 64;

/**
 * A program with some of its variables in 16 bits.
 *
 * @param names Of variables. One that is no `array<vec4f>` stays as it is: it is bound to what holds features because it has
 * to be bound to something, and not used.
 */
export function halveVariables(program: string, names: readonly string[]): string {
  if (names.length === 0) return program;
  return functions + names.reduce(halveVariable, program);
}

/** Values that were read from a buffer of 16 bits. */
export function widen(words: Float32Array): Float32Array {
  const halves = new Float16Array(words.buffer, words.byteOffset, 2 * words.length);
  return Float32Array.from(halves, (value) => SCALE * value);
}

function halveVariable(program: string, name: string): string {
  const declared = new RegExp(`(var<storage, \\w+> ${name}: )array<vec4f>;`);
  if (!declared.test(program)) return program;
  return halveAccesses(program.replace(declared, "$1array<vec2u>;"), name);
}

/** `name[i] = value;` narrows, and any other `name[i]` widens. */
function halveAccesses(code: string, name: string): string {
  const access = new RegExp(`(?<![\\w.])${name}\\[`).exec(code);
  if (!access) return code;
  const end = closing(code, access.index + access[0].length);
  const place = code.slice(access.index, end);
  const rest = code.slice(end);
  const assigned = /^ = ([^;]*);/.exec(rest);
  const before = code.slice(0, access.index);
  if (!assigned) return `${before}wide(${place})${halveAccesses(rest, name)}`;
  const value = halveAccesses(assigned[1]!, name);
  return `${before}${place} = narrow(${value});${halveAccesses(rest.slice(assigned[0].length), name)}`;
}

/** Behind the bracket that closes the one before `from`. */
function closing(code: string, from: number): number {
  let open = 1;
  let at = from;
  for (; open > 0; at++) open += Number(code[at] === "[") - Number(code[at] === "]");
  return at;
}
