/**
 * Deno's own WebGPU: which GPUs there are. It needs no flag and no permission.
 *
 * @module
 */

/** What an adapter says about itself; `isFallbackAdapter` is true for drivers that compute on the CPU. */
export interface AdapterInfo {
  readonly vendor: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** Where Vulkan's drivers look for a display that no engine needs; without it some of them print an error. */
const DISPLAY_FOLDER = "XDG_RUNTIME_DIR";

/** The fastest GPU, or null where there is none. */
export async function findAdapter(): Promise<{ adapter: GPUAdapter; info: AdapterInfo } | null> {
  calmVulkan();
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
  return adapter ? { adapter, info: adapter.info as AdapterInfo } : null;
}

/** A name for people. */
export function adapterName({ description, vendor, device }: AdapterInfo): string {
  return description || [vendor, device].filter(Boolean).join(" ") || "unnamed";
}

/** Sets the variable where it is missing and may be set. */
function calmVulkan(): void {
  if (Deno.permissions.querySync({ name: "env", variable: DISPLAY_FOLDER }).state !== "granted") return;
  if (!Deno.env.get(DISPLAY_FOLDER)) Deno.env.set(DISPLAY_FOLDER, "/");
}
