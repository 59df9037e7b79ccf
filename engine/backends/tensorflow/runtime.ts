/**
 * TensorFlow through the native half of `@tensorflow/tfjs-node-gpu`: the package's binding and kernels on TensorFlow's own C
 * library, which takes a GPU where it sees one.
 *
 * It is no dependency of the project: the library is large, and what a lock file names is downloaded whether it is used or
 * not. `install.ts` puts it into `library/`; nothing here ever downloads.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type { EngineInfo } from "../backend.ts";
import { type Precision, setCudaPrecision } from "../precision.ts";
import { restoreNodeUtil } from "./node_util.ts";
import type { KernelBackend, Tf } from "./tf.ts";

/** What `deno task install:tensorflow` fills. */
export const LIBRARY = new URL("./library/", import.meta.url);
/** Links the package's JavaScript with TensorFlow's library; made last, so where it is all else is. */
export const BINDING = new URL("./tfjs_binding.node", LIBRARY);

/** TensorFlow's switch of what it prints to standard error. It reads it at its first line. */
export const LOG_SWITCH = "TF_CPP_MIN_LOG_LEVEL";
/** Nothing but what ends the process: everything else comes back as an exception. */
const FATAL_ONLY = "3";

/** TensorFlow, loaded. */
export interface Runtime {
  readonly tf: Tf;
  readonly info: EngineInfo;
}

/** Loaded once for the whole process: the library can be neither unloaded nor configured anew. */
let runtime: Promise<Runtime> | null = null;

/** Whether `deno task install:tensorflow` has been run. */
export function isInstalled(): boolean {
  return existsSync(BINDING);
}

/**
 * Loads TensorFlow on the GPU that it sees, or else on the CPU.
 *
 * @param allowed The coarsest precision of convolutions; that of the first call counts.
 * @throws {Error} naming what is missing.
 */
export function openRuntime(allowed: Precision): Promise<Runtime> {
  return runtime ??= load(allowed);
}

async function load(allowed: Precision): Promise<Runtime> {
  // Where it is not there, `require` would go on looking in folders that are none of its business.
  if (!isInstalled()) throw new Error("not installed");
  const cudaPrecision = setCudaPrecision(allowed);
  silence();
  restoreNodeUtil();
  const require = createRequire(LIBRARY);
  const tf: Tf = require("@tensorflow/tfjs-core");
  const binding: Binding = require("./tfjs_binding.node");
  // Not the package's main module, which brings Keras, readers of models and a search for the binding along.
  require(`${PACKAGE}/dist/register_all_kernels.js`);
  const { NodeJSKernelBackend }: KernelBackendModule = require(`${PACKAGE}/dist/nodejs_kernel_backend.js`);
  // Silences advertisements on the console and leaves out checks of every argument.
  tf.env().set("PROD", true);
  tf.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, PACKAGE));
  if (!await tf.setBackend("tensorflow")) throw new Error("TensorFlow does not start");
  const gpu = tf.backend().isUsingGpuDevice;
  return {
    tf,
    info: {
      backend: "tensorflow",
      device: gpu ? "cuda" : "cpu",
      precision: gpu ? cudaPrecision : "float32",
      version: `${tf.version_core} (TensorFlow ${binding.TF_Version})`,
    },
  };
}

const PACKAGE = "@tensorflow/tfjs-node-gpu";

/** The native module, as far as it is known here. */
interface Binding {
  readonly TF_Version: string;
}

interface KernelBackendModule {
  readonly NodeJSKernelBackend: new (binding: Binding, packageName: string) => KernelBackend;
}

/** Sets the switch where it may be set and has not been. */
function silence(): void {
  if (Deno.permissions.querySync({ name: "env", variable: LOG_SWITCH }).state !== "granted") return;
  if (!Deno.env.get(LOG_SWITCH)) Deno.env.set(LOG_SWITCH, FATAL_ONLY);
}
