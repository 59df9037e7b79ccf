/**
 * Deno's own WebGPU: finding a GPU and noticing when it fails. Deno 2.9 has it without a flag and without a permission.
 *
 * @module
 */
import { GramcastError } from "../../errors.ts";

/** What the adapter says about itself; `isFallbackAdapter` is true for drivers that compute on the CPU. */
interface AdapterInfo {
  readonly vendor: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** A GPU that is open. */
export interface WebGpuDevice {
  readonly device: GPUDevice;
  readonly info: AdapterInfo;
  /** @throws {GramcastError} when the GPU has failed since it was opened. */
  check(): void;
}

/** Limits that decide how large a picture may be; all that the adapter has of them are asked for. */
const LIMITS = [
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
] as const;

/**
 * Opens the fastest GPU.
 *
 * @throws {GramcastError} ENGINE_UNAVAILABLE when there is none.
 */
export async function openWebGpuDevice(): Promise<WebGpuDevice> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new GramcastError("ENGINE_UNAVAILABLE", "Cannot use WebGPU: found no adapter, wanted a GPU with its driver");
  }
  const limits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ requiredLimits: limits });
  let failure: GramcastError | null = null;
  device.addEventListener("uncapturederror", (event) => {
    // Else Deno ends the process. A picture computed after an error is worthless, so the step is what fails.
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    failure ??= failed(error instanceof GPUOutOfMemoryError, error.message);
  });
  device.lost.then(({ reason, message }) => {
    if (reason !== "destroyed") failure ??= failed(false, message);
  });
  return {
    device,
    info: adapter.info as AdapterInfo,
    check() {
      if (failure) throw failure;
    },
  };
}

function failed(outOfMemory: boolean, message: string): GramcastError {
  const reason = message.split("\n")[0]!.trim() || "no reason given";
  return outOfMemory
    ? new GramcastError("ENGINE_OUT_OF_MEMORY", `Cannot compute on the GPU: it is out of memory (${reason})`)
    : new GramcastError("ENGINE_CRASHED", `Cannot compute on the GPU: it failed (${reason})`);
}
