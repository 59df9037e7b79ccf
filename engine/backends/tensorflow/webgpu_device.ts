/**
 * A GPU through Deno's own WebGPU: opening it, and noticing when it fails.
 *
 * @module
 */
import { GramcastError } from "../../../errors.ts";
import { type AdapterInfo, findAdapter } from "../webgpu_adapter.ts";

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
 * @throws {Error} saying in a few words that there is none.
 */
export async function openWebGpuDevice(): Promise<WebGpuDevice> {
  const found = await findAdapter();
  if (!found) throw new Error("no GPU found");
  const { adapter, info } = found;
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
    info,
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
