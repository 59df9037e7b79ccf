import { testConformance } from "../../../conformance/conformance.ts";
import { testDeviceAdam } from "../../../conformance/device_optimizer.ts";
import { TensorflowBackend } from "../backend.ts";

/** TensorFlow gives the gradient to the first of equal maxima, as PyTorch does. */
const FLOAT32 = { lossTolerance: 2e-5, gradientTolerance: 1e-4, sharesTies: false };

testConformance("TensorflowBackend", TensorflowBackend.open, FLOAT32);
testDeviceAdam("TensorflowBackend", TensorflowBackend.open);
