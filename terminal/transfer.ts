/**
 * `deno task transfer`: reads the command line, and runs the transfer in a process that may read the pictures that are named
 * there, write where the result goes, and nothing else; this one may do neither.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { CONFIG_VARIABLES, readConfig } from "../config.ts";
import { computePermissions, LIBC_HINT, pathList } from "../engine/backends/permissions.ts";
import { GramcastError } from "../errors.ts";
import { mapPictures } from "../images/pictures.ts";
import { weightsPath } from "../weights/shipped.ts";
import { filmProgram } from "./film_program.ts";
import { fileFormat, outputFolder, parseTransferArguments, type TransferArguments, USAGE } from "./arguments.ts";

const PROGRAM = fileURLToPath(new URL("./run_transfer.ts", import.meta.url));
const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));
/** What sharp and ImageScript look at while they load. */
const VARIABLES = ["npm_package_config_libvips", "IMAGESCRIPT_WASM_SIMD"];

/** Deno's flags for the process that runs a transfer. @throws {GramcastError} BAD_USER_INPUT */
export async function transferPermissions(args: TransferArguments): Promise<string[]> {
  const config = readConfig((name) => Deno.env.get(name));
  const pictures: string[] = [];
  await mapPictures(args, (name) => Promise.resolve(pictures.push(name)));
  const folder = outputFolder(args.out);
  return [
    ...computePermissions(
      [SAMPLES, LIBC_HINT, weightsPath(args.weights ?? config.weights), ...pictures, folder],
      [...CONFIG_VARIABLES, ...VARIABLES],
    ),
    `--allow-write=${pathList([folder])}`,
    `--allow-run=${pathList([Deno.execPath(), ...(fileFormat(args.out) === "MP4" ? [filmProgram(config)] : [])])}`,
  ];
}

/** Runs the transfer. @returns its exit code. */
async function launch(permissions: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, PROGRAM, ...Deno.args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  // A terminal sends Ctrl-C to both: it is the other that heeds it.
  Deno.addSignalListener("SIGINT", () => Deno.stdin.isTerminal() || child.kill("SIGINT"));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
  return (await child.status).code;
}

if (import.meta.main) {
  try {
    const args = parseTransferArguments(Deno.args);
    if (!args) console.log(USAGE.trimEnd());
    else Deno.exit(await launch(await transferPermissions(args)));
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}
