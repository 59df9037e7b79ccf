import { rowsOfGroups } from "../plan.ts";

/** Invocations of a workgroup of kernels that go through values one by one. */
export const THREADS = 64;
/** Values that an invocation sums up before its workgroup does. */
export const EACH = 8;

/** Workgroups for one invocation a value. */
export function groupsFor(count: number): readonly [number, number, number] {
  return rowsOfGroups(Math.ceil(count / THREADS));
}

/** Parts of a sum over so many values. */
export function partsOf(count: number): readonly [number, number, number] {
  return rowsOfGroups(Math.ceil(count / (THREADS * EACH)));
}

/** Workgroups in all. */
export function groupCount([x, y, z]: readonly [number, number, number]): number {
  return x * y * z;
}

/** The names of the flags that are set. */
export function flagsOf(flags: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(flags).filter((name) => flags[name]);
}
