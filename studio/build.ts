/**
 * Makes studio/dist: types and texts of the operations, then one script and one style sheet, and a manifest that says
 * from what. The outcome is committed, so that nobody who runs the server has to build anything.
 *
 * `deno task studio:build`
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { generateOperations } from "./generate_operations.ts";

const HERE = new URL("./", import.meta.url);
const DIST = new URL("./dist/", HERE);
const OPERATIONS = new URL("./src/api/operations.ts", HERE);
const MANIFEST = "manifest.json";
/** Of the project, that the bundle takes a fact from. */
const SHARED = [
  "limits.ts",
  "values.ts",
  "errors.ts",
  "access/sign_in.ts",
  "images/format.ts",
  "engine/picture.ts",
  "engine/objective/masks.ts",
];
/** Of the bundle; their versions belong to what it is made from. */
const PACKAGES = ["preact", "@preact/signals", "uplot", "gifenc", "graphql-ws", "oauth4webapi"];

/** What a bundle was made from and what came out, as SHA-256 in hexadecimal. */
interface Manifest {
  /** Over names and contents of all sources and the versions of the packages. */
  readonly sources: string;
  /** Of each file by its name. */
  readonly files: Readonly<Record<string, string>>;
}

/** The manifest that the sources and studio/dist as they are would have. */
export async function currentManifest(): Promise<Manifest> {
  const files: Record<string, string> = {};
  for (const path of await listFiles(DIST)) {
    if (path !== MANIFEST) files[path] = await sha256(await readText(new URL(path, DIST)));
  }
  return { sources: await hashSources(), files };
}

/** The manifest that was written by the last build. */
export async function writtenManifest(): Promise<Manifest> {
  return JSON.parse(await Deno.readTextFile(new URL(MANIFEST, DIST)));
}

/** Text of src/api/operations.ts as it is, and as it should be. */
export async function operations(): Promise<{ readonly written: string; readonly current: string }> {
  const sdl = await readText(new URL("../schema/schema.graphql", HERE));
  const source = await readText(new URL("./src/api/operations.graphql", HERE));
  return {
    written: await readText(OPERATIONS), // Once is not enough: some lines are broken otherwise the second time.
    current: await format(await format(generateOperations(sdl, source))),
  };
}

async function hashSources(): Promise<string> {
  const parts: string[] = [];
  for (const path of await listFiles(new URL("./src/", HERE))) {
    if (!/_test\.tsx?$/.test(path)) parts.push(path, await readText(new URL(`./src/${path}`, HERE)));
  }
  for (const path of SHARED) parts.push(path, await readText(new URL(`../${path}`, HERE)));
  const { imports } = JSON.parse(await readText(new URL("../deno.json", HERE)));
  return await sha256([...parts, ...PACKAGES.map((name) => imports[name])].join("\0"));
}

async function listFiles(folder: URL, below = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(below, folder))) {
    if (isDirectory) paths.push(...await listFiles(folder, `${below}${name}/`));
    else paths.push(below + name);
  }
  return paths.sort();
}

/** With the line ends of Unix, whatever the checkout has made of them. */
async function readText(file: URL): Promise<string> {
  return (await Deno.readTextFile(file)).replaceAll("\r\n", "\n");
}

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

async function format(source: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--line-width", "120", "--ext", "ts", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

async function bundle(): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--minify",
      `--outdir=${fileURLToPath(DIST)}`,
      "src/studio.ts",
    ],
    cwd: fileURLToPath(HERE),
  }).output();
  if (!success) throw new Error(`Cannot bundle the studio: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  await Deno.writeTextFile(OPERATIONS, (await operations()).current);
  await Deno.mkdir(DIST, { recursive: true });
  await bundle();
  for (const name of ["index.html", "icon.svg"]) {
    await Deno.copyFile(new URL(`./src/${name}`, HERE), new URL(name, DIST));
  }
  await Deno.writeTextFile(new URL(MANIFEST, DIST), JSON.stringify(await currentManifest(), null, 2) + "\n");
}
