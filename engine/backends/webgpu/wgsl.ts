/**
 * Kernels as they stand in their files, made into programs: constants are put in front, and blocks between `//if NAME` and
 * `//end` stay where their flag is set.
 *
 * @module
 */

/** What is chosen when a program is made. */
export interface Variant {
  /** Whole numbers, such as the sizes of workgroups. */
  readonly constants: Readonly<Record<string, number>>;
  readonly flags: readonly string[];
}

/** The program of a kernel's variant. */
export function composeWgsl(source: string, { constants, flags }: Variant): string {
  const lines = Object.entries(constants).map(([name, value]) => `const ${name} = ${value}u;`);
  let kept = true;
  for (const line of source.split("\n")) {
    const [, flag] = /^\/\/if (\w+)$/.exec(line) ?? [];
    if (flag !== undefined) kept = flags.includes(flag);
    else if (line === "//end") kept = true;
    else if (kept) lines.push(line);
  }
  return lines.join("\n");
}

/** The numbers of a program's bindings, by the names of their variables. */
export function bindingNumbers(program: string): Map<string, number> {
  const declarations = program.matchAll(/@binding\((\d+)\) var<[^>]*> (\w+)/g);
  return new Map([...declarations].map(([, number, name]) => [name!, Number(number)]));
}
