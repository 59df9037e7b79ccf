/** Descriptors that the process needs beside those of its connections: database, engine, libraries. */
const OWN = 64;
/** A connection, and a file for what is long. */
const PER_CONNECTION = 2;

const RLIMIT_NOFILE = 7;

/**
 * How many connections the system's limit of descriptors leaves room for: once they are used up, Deno accepts no
 * connection ever again. Infinity where that is not known.
 */
export function connectionsThatFit(descriptors: number = descriptorLimit()): number {
  return Math.max(1, Math.floor((descriptors - OWN) / PER_CONNECTION));
}

function descriptorLimit(): number {
  if (Deno.build.os !== "linux") return Infinity;
  try {
    const libc = Deno.dlopen("libc.so.6", { getrlimit: { parameters: ["i32", "buffer"], result: "i32" } });
    const limits = new BigUint64Array(2);
    const failed = libc.symbols.getrlimit(RLIMIT_NOFILE, limits) !== 0;
    libc.close();
    return failed ? Infinity : Number(limits[0]);
  } catch {
    // Another C library.
    return Infinity;
  }
}
