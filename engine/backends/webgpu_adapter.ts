/**
 * Deno's own WebGPU: which GPUs there are. It needs no flag and no permission.
 *
 * @module
 */
import { existsSync } from "node:fs";

/** Where Vulkan's drivers look for a display that no engine needs; without it some of them print an error. */
export const DISPLAY_FOLDER = "XDG_RUNTIME_DIR";

/** The fastest GPU, or null where there is none. */
export async function findAdapter(): Promise<GPUAdapter | null> {
  calmVulkan();
  return await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}

/** Mesa's, Google's and Microsoft's drivers that compute on the CPU, as they name themselves. */
const SOFTWARE_DRIVERS = /llvmpipe|lavapipe|softpipe|swiftshader|basic render|\bwarp\b/i;

/**
 * Whether no GPU is behind an adapter, only a driver that computes on the CPU. Most say so; one that a virtual machine or a
 * translation layer hands on has a name that does.
 */
export function isSoftware(
  { isFallbackAdapter, architecture, description }: Pick<
    GPUAdapterInfo,
    "isFallbackAdapter" | "architecture" | "description"
  >,
): boolean {
  return isFallbackAdapter || [architecture, description].some((name) => SOFTWARE_DRIVERS.test(name));
}

/**
 * Whether there may be a GPU: what can be seen without loading its driver. Where that cannot be seen there may be one.
 *
 * @param devices Folder of the devices, on Linux.
 */
export function hasGpu(devices = "/dev"): boolean {
  if (Deno.build.os !== "linux") return true;
  try {
    // Mesa's and others' render nodes, NVIDIA's in a container, and Windows' subsystem for Linux.
    return ["dri", "nvidiactl", "dxg"].some((name) => existsSync(`${devices}/${name}`));
  } catch (error) {
    // Deno shows /dev to programs that may do everything, and to no others.
    if (error instanceof Deno.errors.NotCapable) return true;
    throw error;
  }
}

/** Sets the variable where it is missing and may be set. */
function calmVulkan(): void {
  if (Deno.permissions.querySync({ name: "env", variable: DISPLAY_FOLDER }).state !== "granted") return;
  if (!Deno.env.get(DISPLAY_FOLDER)) Deno.env.set(DISPLAY_FOLDER, "/");
}
