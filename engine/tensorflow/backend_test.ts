import { testConformance } from "../conformance/conformance.ts";
import { TensorflowBackend } from "./backend.ts";
import { whyNot } from "./testing/available.ts";

/** TensorFlow gives the gradient to the first of equal maxima, as PyTorch does. */
const FLOAT32 = { lossTolerance: 2e-5, gradientTolerance: 1e-4, sharesTies: false };

for (const device of ["webgpu"] as const) {
  const reason = await whyNot(device);
  if (reason === null) {
    testConformance(
      `TensorflowBackend on ${device}`,
      (parameters) => TensorflowBackend.open(parameters, device),
      FLOAT32,
    );
  } else {
    Deno.test({ name: `TensorflowBackend on ${device}: ${reason}`, ignore: true, fn: () => {} });
  }
}
