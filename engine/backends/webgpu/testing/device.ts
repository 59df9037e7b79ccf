/**
 * A device for tests, where there is one.
 *
 * @module
 */
import { findAdapter } from "../../webgpu_adapter.ts";
import { Device } from "../device.ts";
import type { Plan, PlannedBuffer } from "../plan.ts";
import { Program } from "../program.ts";

/** Why nothing can be tested here; null where it can. */
export const NO_ADAPTER = await findAdapter()
  ? null
  : "no WebGPU adapter here (Debian: apt-get install mesa-vulkan-drivers)";

/** Registers a test on a device of its own, or says why it is skipped. */
export function testOnDevice(title: string, body: (device: Device) => Promise<void>): void {
  Deno.test({
    name: NO_ADAPTER ? `${title}: ${NO_ADAPTER}` : title,
    ignore: NO_ADAPTER !== null,
    fn: async () => {
      const device = await Device.open();
      try {
        await body(device);
      } finally {
        await device.close();
      }
    },
  });
}

/** Runs a plan once. @returns Its output, whole. */
export async function runPlan(
  device: Device,
  plan: Plan,
  inputs: readonly (readonly [PlannedBuffer, Float32Array])[],
  output: PlannedBuffer,
): Promise<Float32Array> {
  const program = await Program.create(device, plan);
  try {
    for (const [{ name }, values] of inputs) program.write(name, values);
    const [values] = await program.run([program.reading(output.name, output.length)]);
    return values!;
  } finally {
    program.dispose();
  }
}
