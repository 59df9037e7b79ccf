import { testConformance } from "../../conformance/conformance.ts";
import { testDeviceAdam, testDeviceLbfgs } from "../../conformance/device_optimizer.ts";
import { findAdapter } from "../webgpu_adapter.ts";
import { WebgpuBackend } from "./backend.ts";

const FLOAT32 = { lossTolerance: 1e-5, gradientTolerance: 1e-4 };

if (await findAdapter()) {
  testDeviceAdam("WebgpuBackend", (parameters) => WebgpuBackend.open(parameters));
  testDeviceLbfgs("WebgpuBackend", (parameters) => WebgpuBackend.open(parameters));
  testConformance("WebgpuBackend", (parameters) => WebgpuBackend.open(parameters), FLOAT32);
} else {
  const reason = "no WebGPU adapter here (Debian: apt-get install mesa-vulkan-drivers)";
  Deno.test({ name: `WebgpuBackend: ${reason}`, ignore: true, fn: () => {} });
}
