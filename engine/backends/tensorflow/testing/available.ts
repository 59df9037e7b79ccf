import { findAdapter } from "../../webgpu_adapter.ts";
import type { TensorflowDevice } from "../runtime.ts";

/** Why tests on `device` cannot run here, for the name of the skipped test; null when they can. */
export async function whyNot(device: TensorflowDevice): Promise<string | null> {
  const folder = device === "gpu" ? "gpu" : "webgpu";
  try {
    await Deno.stat(new URL(`../packages/${folder}/node_modules`, import.meta.url));
  } catch {
    return `its packages are not installed (deno task install:tensorflow-${folder})`;
  }
  if (device !== "webgpu") return null;
  return await findAdapter() ? null : "no WebGPU adapter here (Debian: apt-get install mesa-vulkan-drivers)";
}
