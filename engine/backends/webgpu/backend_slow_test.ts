import { type OpenBackend, testConformance } from "../../conformance/conformance.ts";
import {
  testDeviceAdam,
  testDeviceExtras,
  testDeviceLbfgs,
  testStepsTogether,
} from "../../conformance/device_optimizer.ts";
import { OnnxBackend } from "../onnx/backend.ts";
import { findAdapter } from "../webgpu_adapter.ts";
import { WebgpuBackend } from "./backend.ts";

const FLOAT32 = { lossTolerance: 1e-5, gradientTolerance: 1e-4 };

if (await findAdapter()) {
  const open: OpenBackend = (parameters) => WebgpuBackend.open(parameters);
  testDeviceAdam("WebgpuBackend", open);
  testStepsTogether("WebgpuBackend", open);
  testDeviceLbfgs("WebgpuBackend", open);
  testDeviceExtras("WebgpuBackend", open, (parameters) => OnnxBackend.open(parameters));
  testConformance("WebgpuBackend", open, FLOAT32);
} else {
  const reason = "no WebGPU adapter here (Debian: apt-get install mesa-vulkan-drivers)";
  Deno.test({ name: `WebgpuBackend: ${reason}`, ignore: true, fn: () => {} });
}
