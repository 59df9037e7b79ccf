/**
 * `deno task install:tensorflow [--cuda]`: puts into `library/` what `ENGINE=tensorflow` needs.
 *
 * The installer of `@tensorflow/tfjs-node-gpu` wants a library that no registry has. TensorFlow's own wheel for Python
 * carries the same library, newer, with its headers, and the package's binding compiles against it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_PRECISION } from "../precision.ts";
import { BINDING, isInstalled, LIBRARY, openRuntime } from "./runtime.ts";

/** Something that a person can mend, in one line. */
export class CannotInstall extends Error {}

/** What is fetched, and what that takes. */
interface Variant {
  /** Of the file that pins its wheels. */
  readonly name: "cpu" | "cuda";
  readonly downloadMegabytes: number;
  readonly diskMegabytes: number;
  /** Of the processor, as names of wheels have it. */
  readonly machine: "x86_64" | "aarch64";
}

/**
 * Chooses what fits a machine.
 *
 * @throws {CannotInstall} where there are no wheels for it.
 */
export function chooseVariant(cuda: boolean, os: string, arch: string): Variant {
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) {
    throw new CannotInstall(
      `Cannot install TensorFlow on ${os} ${arch}: wanted Linux on x86-64 or arm64; ENGINE=auto works here without it`,
    );
  }
  if (!cuda) return { name: "cpu", downloadMegabytes: 280, diskMegabytes: 960, machine: arch };
  if (arch === "aarch64") {
    throw new CannotInstall(
      "Cannot install TensorFlow with CUDA on arm64: its wheels compute on the CPU there, wanted Linux on x86-64",
    );
  }
  return { name: "cuda", downloadMegabytes: 3380, diskMegabytes: 5600, machine: arch };
}

/** A program that has to be there. */
interface Tool {
  readonly name: string;
  /** Tells whether it is. */
  readonly check: readonly [string, ...string[]];
  /** Its packages in Debian and Ubuntu, and in Fedora. */
  readonly packages: readonly [string, string];
}

function toolsOf(compiler: string): readonly Tool[] {
  return [
    {
      name: "Python 3 with pip",
      check: ["python3", "-m", "pip", "--version"],
      packages: ["python3-pip", "python3-pip"],
    },
    { name: "a C++ compiler", check: [compiler, "--version"], packages: ["g++", "gcc-c++"] },
  ];
}

/**
 * Checks that all programs are there.
 *
 * @param runs Whether a command can be run.
 * @throws {CannotInstall} naming all that are missing, with the commands that bring them.
 */
export async function requireTools(
  compiler: string,
  runs: (command: readonly [string, ...string[]]) => Promise<boolean>,
): Promise<void> {
  const found = await Promise.all(toolsOf(compiler).map(async (tool) => ({ tool, there: await runs(tool.check) })));
  const missing = found.filter(({ there }) => !there).map(({ tool }) => tool);
  if (missing.length === 0) return;
  const [debian, fedora] = [0, 1].map((system) => missing.map(({ packages }) => packages[system]).join(" "));
  throw new CannotInstall(
    `Cannot install TensorFlow: ${missing.map(({ name }) => name).join(" and ")} missing. ` +
      `Debian, Ubuntu: apt-get install ${debian}; Fedora: dnf install ${fedora}`,
  );
}

/**
 * Where wheels stay for the next clone, by what is pinned; null where the user has no folder for such things.
 *
 * @param pins Contents of the file that pins them.
 */
export function cacheFolder(
  pins: string,
  get: (variable: string) => string | undefined,
): string | null {
  const home = get("HOME");
  const caches = get("XDG_CACHE_HOME") || (home ? join(home, ".cache") : null);
  return caches === null ? null : join(caches, "gramcast", `tensorflow-${sha256(pins).slice(0, 16)}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const ROOT = fileURLToPath(LIBRARY);
const SITE_PACKAGES = join(ROOT, "site-packages");
/** Says what is installed, so that a second run does nothing. */
const STAMP = join(ROOT, "installed");
const PACKAGE = join(ROOT, "node_modules", "@tensorflow", "tfjs-node-gpu");

async function install(cuda: boolean): Promise<void> {
  const variant = chooseVariant(cuda, Deno.build.os, Deno.build.arch);
  const pins = await Deno.readTextFile(join(ROOT, `${variant.name}.txt`));
  const made = await Promise.all(["deno.lock", "unpack.py"].map((name) => Deno.readTextFile(join(ROOT, name))));
  const stamp = sha256([pins, ...made, compileArguments().join()].join("\n"));
  if (isInstalled() && await Deno.readTextFile(STAMP).catch(() => "") === stamp) {
    return console.log("TensorFlow is installed already");
  }
  const compiler = Deno.env.get("CXX") || "g++";
  await requireTools(compiler, runs);
  const { downloadMegabytes, diskMegabytes } = variant;
  console.log(
    `Installing TensorFlow for ${cuda ? "CUDA" : "the CPU"}: ${downloadMegabytes} MB to download, ` +
      `${diskMegabytes} MB on disk`,
  );
  // First, so that what is half done is not taken for whole.
  await Deno.remove(BINDING).catch(() => {});
  const cache = cacheFolder(pins, (name) => Deno.env.get(name));
  const wheels = cache ?? await Deno.makeTempDir();
  try {
    console.log(`Fetching wheels into ${wheels}`);
    await download(variant, wheels);
    console.log("Unpacking the libraries");
    await unpack(wheels);
  } finally {
    if (cache === null) await Deno.remove(wheels, { recursive: true });
  }
  console.log("Fetching the npm packages");
  await run([Deno.execPath(), "install", "--quiet", "--frozen"]);
  console.log(`Compiling the binding with ${compiler}, which takes some ten seconds`);
  await run([compiler, ...compileArguments()]);
  const { info } = await openRuntime(DEFAULT_PRECISION);
  await Deno.writeTextFile(STAMP, stamp);
  console.log(`ENGINE=tensorflow ${info.version} computes on ${info.device}`);
}

/** Fetches what is pinned and checks its hashes; what is there already is only checked. */
async function download({ name, machine }: Variant, folder: string): Promise<void> {
  const platforms = [`manylinux_2_27_${machine}`, `manylinux2014_${machine}`].flatMap((tag) => ["--platform", tag]);
  await run([
    ...["python3", "-m", "pip", "download", "--disable-pip-version-check", "--no-cache-dir"],
    ...["--only-binary=:all:", "--no-deps", "--require-hashes", "--python-version", "3.12", ...platforms],
    ...["--dest", folder, "--requirement", `${name}.txt`],
  ]);
}

async function unpack(wheels: string): Promise<void> {
  await Deno.remove(SITE_PACKAGES, { recursive: true }).catch(() => {});
  const files = [...Deno.readDirSync(wheels)].map(({ name }) => join(wheels, name))
    .filter((path) => path.endsWith(".whl"));
  await run(["python3", "unpack.py", SITE_PACKAGES, ...files]);
}

/** Relative to `library/`. The library looks for CUDA's beside itself, so it is linked where it lies. */
function compileArguments(): string[] {
  const tensorflow = "site-packages/tensorflow";
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(PACKAGE, "binding", name));
  return [
    ...["-O2", "-fPIC", "-shared", "-std=c++17", "-DNAPI_VERSION=8"],
    ...["node_modules/node-api-headers/include", `${tensorflow}/include`, PACKAGE].map((folder) => `-I${folder}`),
    ...sources,
    ...[`-L${tensorflow}`, "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
    ...[`-Wl,-rpath,$ORIGIN/${tensorflow}`, "-o", fileURLToPath(BINDING)],
  ];
}

/** Runs a command in `library/`; what it prints is shown. @throws {CannotInstall} naming it when it fails. */
async function run([program, ...args]: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(program!, { args, cwd: ROOT, stdin: "null" }).spawn().status;
  if (!success) {
    throw new CannotInstall(`Cannot install TensorFlow: ${[program, ...args].slice(0, 3).join(" ")} failed`);
  }
}

async function runs([program, ...args]: readonly [string, ...string[]]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  try {
    const unknown = Deno.args.find((argument) => argument !== "--cuda");
    if (unknown !== undefined) throw new CannotInstall(`Cannot use ${unknown}: wanted --cuda or nothing`);
    await install(Deno.args.includes("--cuda"));
    // Whatever threads the library has left running.
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof CannotInstall)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
