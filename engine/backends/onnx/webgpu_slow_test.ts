import { testConformance } from "../../conformance/conformance.ts";
import { testDeviceAdam } from "../../conformance/device_optimizer.ts";
import { formulaParameters } from "../../testing/formula.ts";
import { findAdapter } from "../webgpu_adapter.ts";
import { OnnxBackend } from "./backend.ts";

const FLOAT32 = { lossTolerance: 2e-5, gradientTolerance: 1e-4 };
const reason = await whyNot();

if (reason === null) {
  testDeviceAdam("OnnxBackend on webgpu", (parameters) => OnnxBackend.open(parameters, "webgpu"));
  testConformance("OnnxBackend on webgpu", (parameters) => OnnxBackend.open(parameters, "webgpu"), FLOAT32);
} else {
  Deno.test({ name: `OnnxBackend on webgpu: ${reason}`, ignore: true, fn: () => {} });
}

/** Why this cannot be tested here; null when it can. */
async function whyNot(): Promise<string | null> {
  // ONNX Runtime's own WebGPU would print what it misses.
  if (!await findAdapter()) {
    return "no WebGPU adapter here (Debian: apt-get install mesa-vulkan-drivers)";
  }
  const side = { width: 2, height: 2 };
  const backend = await OnnxBackend.open(formulaParameters("conv1_1"), "webgpu");
  try {
    await backend.features(new Float32Array(12), side, ["conv1_1"], "MAX");
    return null;
  } catch (error) {
    return `this driver will not do (Mesa 22 is too old, 25 works): ${
      String(error).match(/adapter: .*/)?.[0] ?? error
    }`;
  } finally {
    await backend.close();
  }
}
