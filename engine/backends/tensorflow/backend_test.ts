import { testConformance } from "../../conformance/conformance.ts";
import { testDeviceAdam } from "../../conformance/device_adam.ts";
import { TensorflowBackend } from "./backend.ts";
import { whyNot } from "./testing/available.ts";
import type { TensorflowDevice } from "./runtime.ts";

/** TensorFlow gives the gradient to the first of equal maxima, as PyTorch does. */
const FLOAT32 = { lossTolerance: 2e-5, gradientTolerance: 1e-4, sharesTies: false };

/** JavaScript is too slow for all of it; WebGPU's software driver is not. */
const SUITES: readonly (readonly [TensorflowDevice, readonly ("conformance" | "adam")[]])[] = [
  ["cpu", ["adam"]],
  ["webgpu", ["adam", "conformance"]],
];

for (const [device, suites] of SUITES) {
  const name = `TensorflowBackend on ${device}`;
  const reason = await whyNot(device);
  const open = (parameters: Parameters<typeof TensorflowBackend.open>[0]) => TensorflowBackend.open(parameters, device);
  if (reason !== null) Deno.test({ name: `${name}: ${reason}`, ignore: true, fn: () => {} });
  else {
    if (suites.includes("adam")) testDeviceAdam(name, open);
    if (suites.includes("conformance")) testConformance(name, open, { ...FLOAT32, slow: device === "webgpu" });
  }
}
