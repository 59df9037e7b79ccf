/** One line of a Dockerfile, continuations joined. */
export interface Instruction {
  /** In capitals, such as RUN. */
  readonly name: string;
  readonly rest: string;
}

/** What one FROM begins. */
export interface Stage {
  readonly base: string;
  /** What other stages call it; null for the last. */
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

/** Reads the parts of a Dockerfile's syntax that this project's use. */
export function readDockerfile(text: string): Stage[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#")).join("\n").replaceAll("\\\n", "").split("\n");
  const stages: { base: string; name: string | null; instructions: Instruction[] }[] = [];
  for (const line of lines.map((line) => line.trim()).filter((line) => line !== "")) {
    const [, name = "", rest = ""] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    if (name === "FROM") {
      const [, base = "", stage = null] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ base, name: stage, instructions: [] });
    } else stages.at(-1)!.instructions.push({ name, rest });
  }
  return stages;
}

/** The flags and the words of a COPY; the last word is where to. */
export function copyArguments(rest: string): { from: string | null; owner: string | null; words: string[] } {
  const words = rest.split(/ +/).filter((word) => !word.startsWith("--"));
  return {
    from: /--from=(\S+)/.exec(rest)?.[1] ?? null,
    owner: /--chown=(\S+)/.exec(rest)?.[1] ?? null,
    words,
  };
}

/** The variables of an ENV. */
export function envOf(rest: string): Record<string, string> {
  return Object.fromEntries([...rest.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]));
}

/** Whether a .dockerignore keeps a file out of the image: of its patterns the last that matches counts. */
export function isIgnored(path: string, patterns: readonly string[]): boolean {
  return patterns.reduce((ignored, pattern) => {
    const kept = pattern.startsWith("!");
    return matches(path, kept ? pattern.slice(1) : pattern) ? !kept : ignored;
  }, false);
}

/** A pattern matches a file, or a folder around it. */
function matches(path: string, pattern: string): boolean {
  const source = pattern.split("/").map((part) => part === "**" ? "(?:.*/)?" : `${escaped(part)}/`).join("");
  return new RegExp(`^${source.replace(/\/$/, "")}(?:/|$)`).test(path);
}

function escaped(part: string): string {
  return part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
}
