/**
 * Loads TensorFlow.js for a device.
 *
 * Its packages are large and of no use without a GPU, so they are no dependency of the project: each set lies in a folder
 * of its own below `packages/`, with its own pinned `deno.json` and `deno.lock`, and is installed there only on request.
 * Nothing here ever downloads. `deno.json`'s imports would not do: what a lock file names is fetched on a fresh machine
 * whether it is used or not.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import type { BackendInfo } from "../backend.ts";
import { type Precision, setCudaPrecision } from "../precision.ts";
import { adapterName } from "../webgpu_adapter.ts";
import { restoreNodeInternals } from "./node_internals.ts";
import type { Tf } from "./tf.ts";
import { openWebGpuDevice } from "./webgpu_device.ts";

/** Where the `tensorflow` backend can compute. `cpu` is plain JavaScript, far too slow for more than tests. */
export type TensorflowDevice = "gpu" | "webgpu" | "cpu";

/** TensorFlow.js on a device. */
export interface Runtime {
  readonly tf: Tf;
  readonly info: BackendInfo;
  /** @throws {GramcastError} ENGINE_CRASHED or ENGINE_OUT_OF_MEMORY when the device has failed. */
  check(): void;
  close(): void;
}

/** TensorFlow.js has one current device for the whole process; backends that want the same one share it. */
let open: { readonly device: TensorflowDevice; readonly runtime: Promise<Runtime>; users: number } | null = null;

/**
 * Opens a device, of which a process can have one at a time.
 *
 * @param precision The coarsest that is allowed; on WebGPU TensorFlow.js has float32 alone.
 * @throws {Error} saying in a few words what is missing.
 */
export async function openRuntime(device: TensorflowDevice, precision: Precision): Promise<Runtime> {
  if (open !== null && open.device !== device) throw new Error(`tensorflow:${open.device} is still open`);
  const shared = open ??= { device, runtime: OPENERS[device](precision), users: 0 };
  shared.users++;
  const leave = () => {
    if (--shared.users > 0) return false;
    open = null;
    return true;
  };
  try {
    const runtime = await shared.runtime;
    return {
      ...runtime,
      close() {
        if (leave()) runtime.close();
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

const OPENERS: Readonly<Record<TensorflowDevice, (precision: Precision) => Promise<Runtime>>> = {
  gpu: openGpu,
  webgpu: openWebGpu,
  cpu: openCpu,
};

/** CUDA, through libtensorflow. */
async function openGpu(allowed: Precision): Promise<Runtime> {
  const precision = setCudaPrecision(allowed);
  restoreNodeInternals();
  const tf = load<Tf>("gpu", "@tensorflow/tfjs-node-gpu");
  await tf.ready();
  if (!tf.backend().isUsingGpuDevice) throw new Error("libtensorflow found no GPU");
  tf.env().set("PROD", true);
  return {
    tf,
    info: { backend: "tensorflow", device: "gpu", precision, version: tf.version_core },
    check() {},
    close() {},
  };
}

async function openWebGpu(): Promise<Runtime> {
  const tf = loadCore();
  const { WebGPUBackend } = load<{ WebGPUBackend: new (device: GPUDevice, info: unknown) => unknown }>(
    "webgpu",
    "@tensorflow/tfjs-backend-webgpu",
  );
  const { device, info, check } = await openWebGpuDevice();
  // Small tensors are to be computed on the GPU too: what comes back is then one and the same arithmetic at every size.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  // The package registers a backend by itself, with a device of its own that nobody could watch for errors.
  if (tf.findBackendFactory("webgpu")) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => new WebGPUBackend(device, info));
  await tf.setBackend("webgpu");
  const name = `webgpu (${adapterName(info)})`;
  return {
    tf,
    info: { backend: "tensorflow", device: name, precision: "float32", version: tf.version_core },
    check,
    close() {
      tf.removeBackend("webgpu");
      device.destroy();
    },
  };
}

async function openCpu(): Promise<Runtime> {
  const tf = loadCore();
  await tf.setBackend("cpu");
  return {
    tf,
    info: { backend: "tensorflow", device: "cpu", precision: "float32", version: tf.version_core },
    check() {},
    close() {},
  };
}

function loadCore(): Tf {
  const tf = load<Tf>("webgpu", "@tensorflow/tfjs-core");
  // Silences advertisements on the console and leaves out checks of every argument.
  tf.env().set("PROD", true);
  load("webgpu", "@tensorflow/tfjs-backend-cpu");
  return tf;
}

function load<T>(folder: "gpu" | "webgpu", name: string): T {
  const home = new URL(`./packages/${folder}/`, import.meta.url);
  // Where it is not there, `require` would go on looking in folders that are none of its business.
  if (!existsSync(new URL("node_modules", home))) throw new Error("not installed");
  return createRequire(home)(name) as T;
}
