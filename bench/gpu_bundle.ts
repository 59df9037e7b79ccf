/**
 * Packs what `bench/gpu.ts` needs on a bare Linux x64 machine without a network: Deno, the program, and of the npm packages
 * the parts for that system alone. Writes `.bundle/gramcast-bench.tar.xz`; `bench/gpu.sh` unpacks and runs it.
 *
 * Run it on Linux x64. TensorFlow's library stays behind: it alone is many times larger than all else.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import settings from "../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUNDLE = join(ROOT, ".bundle");
const STAGE = join(BUNDLE, "gramcast-bench");
const ENTRIES = [
  "bench/gpu.ts",
  "bench/gpu_engine.ts",
  "bench/webgpu_kernels.ts",
  ...await slowTests("engine/backends/webgpu"),
];
const BESIDE = ["bench/gpu_torch.py", "bench/gpu.sh"];
/** Finds Vulkan's drivers; bare machines have a driver more often than this. */
const VULKAN_LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib64/libvulkan.so.1"];
/** What no program reads: types, maps, tests, other systems' libraries. */
const USELESS = /\.(d\.[cm]?ts|map|md)$|\.min\.js$|_test\.js$|\.fesm\.js$|\/bin\/napi-v6\/(?!linux\/x64\/)|linuxmusl/;

if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
  console.error(`Cannot make the bundle: this is ${Deno.build.target}, wanted x86_64-unknown-linux-gnu`);
  Deno.exit(1);
}
await Deno.remove(STAGE, { recursive: true }).catch(() => {});
const { modules, packages } = await graph();
for (const path of [...modules, ...BESIDE]) await copy(join(ROOT, path), join(STAGE, path));
const imports = Object.fromEntries(
  Object.entries(settings.imports).filter(([, target]) => packages.some((name) => target.startsWith(`npm:${name}@`))),
);
const config = { nodeModulesDir: "auto", imports, compilerOptions: settings.compilerOptions };
await Deno.writeTextFile(join(STAGE, "deno.json"), JSON.stringify(config));
await run("deno", ["install", "--quiet"], STAGE);
// Beside the bundle's own packages nothing is looked for, least of all on a network.
await Deno.writeTextFile(join(STAGE, "deno.json"), JSON.stringify({ ...config, nodeModulesDir: "manual" }));
await prune(STAGE);
await copy(Deno.execPath(), join(STAGE, "deno"));
for (const loader of VULKAN_LOADERS) await copy(loader, join(STAGE, "lib/libvulkan.so.1")).catch(() => {});
await run("tar", ["-cf", "gramcast-bench.tar", "gramcast-bench"], BUNDLE);
await run("xz", ["--x86", "--lzma2=preset=6", "-T0", "--force", "gramcast-bench.tar"], BUNDLE);
const { size } = await Deno.stat(join(BUNDLE, "gramcast-bench.tar.xz"));
console.log(`.bundle/gramcast-bench.tar.xz: ${(size / 2 ** 20).toFixed(1)} MiB`);

/** The tests that need a GPU. */
async function slowTests(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await slowTests(path));
    else if (name.endsWith("_slow_test.ts")) found.push(path);
  }
  return found.sort();
}

/** The project's files and the npm packages that the entries import. */
async function graph(): Promise<{ modules: string[]; packages: string[] }> {
  const modules = new Set<string>();
  const packages = new Set<string>();
  for (const entry of ENTRIES) {
    const info = JSON.parse(await run("deno", ["info", "--json", entry], ROOT));
    for (const { specifier, error } of info.modules as { specifier: string; error?: string }[]) {
      // TensorFlow's binding, of the library that stays behind.
      if (error !== undefined) continue;
      if (specifier.startsWith("file:")) modules.add(fileURLToPath(specifier).slice(ROOT.length));
      else if (specifier.startsWith("npm:")) packages.add(/^npm:\/?(@?[^@]+)/.exec(specifier)![1]!);
    }
  }
  return { modules: [...modules], packages: [...packages] };
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.copyFile(from, to);
}

async function prune(folder: string): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) await prune(path);
    else if (isFile && path.includes("/node_modules/") && USELESS.test(path)) await Deno.remove(path);
  }
}

/** Runs a program; gives what it prints. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  const command = program === "deno" ? Deno.execPath() : program;
  const { stdout, stderr, success } = await new Deno.Command(command, { args, cwd }).output();
  if (!success) throw new Error(`${program} ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
