/**
 * The rules that keep the architecture visible in the folder names: who may import whom, where a library may be used,
 * and how long a file may be.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Each layer may import from itself and from those before it. */
const LAYERS = ["engine", "weights", "images", "samples", "transfers", "schema", "server", "studio"];
/** What lies beside the layers, and may use all of them or only some. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  terminal: ["engine", "weights", "images", "samples"],
};
/** Files at the top that everybody may import. */
const SHARED = ["errors.ts", "config.ts"];

/** Libraries that only one folder may know, so that they can be replaced there. */
const CONFINED: Readonly<Record<string, string>> = {
  "onnxruntime-node": "engine/onnx/",
  "@bufbuild/protobuf": "engine/onnx/",
  "sharp": "images/",
  "imagescript": "images/",
  "node:sqlite": "transfers/sqlite/",
  "@pothos/core": "schema/",
  "graphql-yoga": "server/",
};

const MAX_LINES = 300;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** TypeScript files of a folder, below it too; not its tests. */
function sources(folder: string): SourceFile[] {
  const files: SourceFile[] = [];
  if (folder === "studio" && !exists(folder)) return files;
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.name === "node_modules") continue;
    if (entry.isDirectory) files.push(...sources(path));
    else if (/\.tsx?$/.test(entry.name) && !/_test\.tsx?$/.test(entry.name)) {
      const text = Deno.readTextFileSync(join(ROOT, path));
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
      files.push({ path, text, imports });
    }
  }
  return files;
}

function exists(folder: string): boolean {
  return existsSync(join(ROOT, folder));
}

/** The folder or top-level file that a relative import leads to. */
function targetOf(file: SourceFile, specifier: string): string {
  const url = new URL(specifier, new URL(file.path, "file:///root/"));
  return relative("/root", url.pathname);
}

const isTestHelp = ({ path }: SourceFile) => /\/(testing|conformance|dist)\//.test(path);

Deno.test("layers import only from themselves and from layers before them", () => {
  const rules = [
    ...LAYERS.map((layer, i) => [layer, LAYERS.slice(0, i + 1)] as const),
    ...Object.entries(BESIDE).map(
      ([folder, allowed]) => [folder, [...allowed, folder]] as const,
    ),
  ];
  const found: string[] = [];
  let checked = 0;
  for (const [folder, allowed] of rules) {
    for (const file of sources(folder)) {
      if (isTestHelp(file)) continue;
      for (const specifier of file.imports) {
        if (!specifier.startsWith(".")) continue;
        checked++;
        const target = targetOf(file, specifier);
        const top = target.split("/")[0]!;
        if (!allowed.includes(top) && !SHARED.includes(target)) found.push(`${file.path} imports ${target}`);
      }
    }
  }
  assert.deepEqual(found, []);
  assert.ok(checked > 100, `only ${checked} imports were seen: the test does not look where it should`);
});

Deno.test("libraries stay in the folder that wraps them", () => {
  const found: string[] = [];
  for (const folder of [...LAYERS, ...Object.keys(BESIDE)]) {
    for (const file of sources(folder)) {
      if (isTestHelp(file)) continue;
      for (const [library, home] of Object.entries(CONFINED)) {
        const uses = file.imports.some((each) => each === library || each.startsWith(`${library}/`));
        if (uses && !file.path.startsWith(home)) {
          found.push(`${file.path} imports ${library}, which belongs to ${home}`);
        }
      }
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("the engine knows no network, no database and no GraphQL", () => {
  const found = sources("engine").filter((file) =>
    !isTestHelp(file) && /\b(fetch\(|Deno\.(connect|listen|serve)|node:sqlite|graphql)/.test(file.text)
  );
  assert.deepEqual(found.map(({ path }) => path), []);
});

Deno.test("files hold one concept: at most 300 lines", () => {
  const long = [...LAYERS, ...Object.keys(BESIDE)].flatMap(sources)
    .filter((file) => !isTestHelp(file))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, []);
});

Deno.test("nothing of the product refers to files outside it", () => {
  const found = [...LAYERS, ...Object.keys(BESIDE)].flatMap(sources)
    .filter((file) => !isTestHelp(file) && /\/work\/|\.\.\/shared/.test(file.text));
  assert.deepEqual(found.map(({ path }) => path), []);
});
