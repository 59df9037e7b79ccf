import process from "node:process";

/** What this process has taken of the processors so far, in seconds: all of its threads, user and system. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
