/**
 * The engines by their names, as `ENGINE` has them.
 *
 * @module
 */
import type { EngineInfo } from "./backend.ts";

/** What has to be there for each, said when it does not start. */
export const ENGINE_NEEDS = {
  "onnx:cpu": "onnxruntime-node's library for this processor",
  "webgpu": "a GPU with a Vulkan, Metal or Direct3D 12 driver",
  "tensorflow": "`deno task install:tensorflow`, with --cuda for an NVIDIA GPU",
} as const;

export type EngineName = keyof typeof ENGINE_NEEDS;
export const ENGINE_NAMES = Object.keys(ENGINE_NEEDS) as readonly EngineName[];

/** Engines of earlier versions, and the one that took the place of each. */
export const REPLACED_ENGINES: Readonly<Record<string, EngineName>> = { "onnx:webgpu": "webgpu" };

/** What `auto` takes where nothing else works. */
export const LAST_ENGINE: EngineName = "onnx:cpu";

/** The name under which the same engine is opened again. */
export function engineName({ backend, device }: Pick<EngineInfo, "backend" | "device">): string {
  return ENGINE_NAMES.find((name) => name === backend) ?? `${backend}:${device}`;
}
