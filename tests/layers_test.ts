/**
 * The rules that keep the architecture visible in the folder names, by the module graph: who may import whom, and where
 * a library may be used.
 */
import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** From the bottom up: each layer imports from itself and from those before it. */
const LAYERS = ["engine", "weights", "images", "samples", "transfers", "access", "schema", "server", "studio"];
/** Rooms of the large layers, also from the bottom up. Files beside the rooms are below them all. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  engine: ["options", "objective", "motion", "optimizers", "backends", "tiles", "estimate", "descent"],
  transfers: ["storage", "process", "watch", "notices", "life"],
};
/** The terminal drives the engine itself; it knows neither transfers nor the API. */
const TERMINAL = ["engine", "weights", "images", "samples", "terminal"];
/** What puts the layers together, and is imported by nobody. */
const ENTRIES = ["main.ts", "terminal/keys.ts"];
/** Files at the top that every layer may import. */
const SHARED = ["errors.ts", "values.ts", "limits.ts", "config.ts"];

/** Libraries that only one folder may know, so that they can be replaced there. */
const CONFINED: Readonly<Record<string, string>> = {
  "onnxruntime-node": "engine/backends/onnx/",
  "@bufbuild/protobuf": "engine/backends/onnx/",
  "sharp": "images/",
  "imagescript": "images/",
  "node:sqlite": "transfers/storage/sqlite/",
  "aws4fetch": "transfers/storage/blobs/",
  "@rgrove/parse-xml": "transfers/storage/blobs/",
  "pg": "transfers/storage/postgres/",
  "@pothos/core": "schema/",
  "jose": "access/",
  "graphql-yoga": "server/",
  "oauth4webapi": "studio/",
  "prom-client": "server/metrics.ts",
  "@opentelemetry/api": "server/telemetry/",
};

interface Import {
  readonly from: string;
  /** A path from the root, or the specifier of what is no file of the project. */
  readonly to: string;
  /** Whether it is loaded with what imports it, and not when that is needed. */
  readonly atStart: boolean;
}

/** The parts of `deno info --json` that are read here. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** TypeScript files below a folder that are neither tests nor made for tests. */
function productFiles(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      return ["testing", "conformance", "dist", "node_modules"].includes(entry.name) ? [] : productFiles(path);
    }
    return /\.tsx?$/.test(entry.name) && !/(_test\.tsx?|\.d\.ts)$/.test(entry.name) ? [path] : [];
  });
}

/** Every import of the product's files, types included. */
async function productImports(): Promise<Import[]> {
  const files = ["main.ts", ...[...LAYERS, "terminal"].flatMap(productFiles)];
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = files.map((path) => `import ${JSON.stringify(pathToFileURL(join(ROOT, path)).href)};`);
    await Deno.writeTextFile(all, imports.join("\n"));
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", join(ROOT, "deno.json"), all],
      cwd: ROOT,
    }).output();
    assert.ok(success);
    const graph: ModuleGraph = JSON.parse(new TextDecoder().decode(stdout));
    const pathOf = (specifier: string) =>
      specifier.startsWith("file:") ? relative(ROOT, fileURLToPath(specifier)) : specifier;
    const seen = new Set(files);
    return graph.modules.flatMap((module) => {
      const from = pathOf(module.specifier);
      if (!seen.has(from)) return [];
      return (module.dependencies ?? []).map(({ specifier, isDynamic = false, code, type }) => {
        const target = code?.specifier ?? type?.specifier ?? specifier;
        const to = target.startsWith("file:") ? pathOf(target) : specifier;
        return { from, to, atStart: !isDynamic && code !== undefined };
      });
    });
  } finally {
    await Deno.remove(all);
  }
}

const IMPORTS = await productImports();
const isFile = ({ to }: Import) => /\.tsx?$/.test(to) && !to.includes(":");
const said = ({ from, to }: Import) => `${from} imports ${to}`;

Deno.test("the module graph has every layer", () => {
  for (const folder of [...LAYERS, "terminal"]) {
    assert.ok(IMPORTS.some(({ from }) => from.startsWith(`${folder}/`)), `nothing of ${folder}/ was seen`);
  }
});

Deno.test("layers import only from themselves and from those below", () => {
  const wrong = IMPORTS.filter(isFile).filter(({ from, to }) => {
    if (ENTRIES.includes(from) || SHARED.includes(to)) return false;
    const folder = from.split("/")[0]!;
    const allowed = folder === "terminal" ? TERMINAL : LAYERS.slice(0, LAYERS.indexOf(folder) + 1);
    return !allowed.includes(to.split("/")[0]!);
  });
  assert.deepEqual(wrong.map(said), []);
});

Deno.test("rooms of a layer import only from themselves and from those below", () => {
  const wrong = IMPORTS.filter(isFile).filter(({ from, to }) => {
    const [layer, room, inside] = from.split("/");
    const [otherLayer, otherRoom, otherInside] = to.split("/");
    const rooms = ROOMS[layer!];
    if (!rooms || layer !== otherLayer || room === otherRoom || !inside || !otherInside) return false;
    for (const each of [room!, otherRoom!]) assert.ok(rooms.includes(each), `${layer}/${each}/ has no place in ROOMS`);
    return rooms.indexOf(otherRoom!) > rooms.indexOf(room!);
  });
  assert.deepEqual(wrong.map(said), []);
});

Deno.test("the product imports neither the lab nor what is made for tests and measurements", () => {
  const wrong = IMPORTS.filter(isFile).filter(({ to }) =>
    /^(lab|tests|bench|docs|examples)\/|\/(testing|conformance)\/|_test\.ts$/.test(to)
  );
  assert.deepEqual(wrong.map(said), []);
});

Deno.test("nothing that the product imports lies outside the project", () => {
  assert.deepEqual(IMPORTS.filter(({ to }) => to.startsWith("..") || to.startsWith("/")).map(said), []);
});

Deno.test("libraries stay in the folder that wraps them", () => {
  const wrong = IMPORTS.filter(({ from, to }) =>
    Object.entries(CONFINED).some(([library, home]) =>
      (to === library || to.startsWith(`${library}/`)) && !from.startsWith(home)
    )
  );
  assert.deepEqual(wrong.map(said), []);
  for (const library of Object.keys(CONFINED)) {
    assert.ok(IMPORTS.some(({ to }) => to === library || to.startsWith(`${library}/`)), `${library} is not imported`);
  }
});

Deno.test("a server that is alone with what it keeps loads nothing of what several need", () => {
  const loaded = new Set(["main.ts"]);
  for (const path of loaded) {
    for (const { from, to, atStart } of IMPORTS) if (from === path && atStart) loaded.add(to);
  }
  assert.ok(loaded.has("transfers/storage/sqlite/database.ts") && loaded.has("graphql-yoga"));
  const shared =
    /^(pg|aws4fetch|@rgrove\/parse-xml)$|^transfers\/storage\/postgres\/(?!address\.ts$)|postgres_access_store/;
  assert.deepEqual([...loaded].filter((name) => shared.test(name)), []);
});
