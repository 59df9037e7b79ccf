import { testConformance } from "../../conformance/conformance.ts";
import { testDeviceAdam } from "../../conformance/device_optimizer.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { OnnxBackend } from "./backend.ts";
import { HalfLayout } from "./half_layout.ts";
import { detectBlock } from "./detect_block.ts";
import { PlanarLayout } from "./planar_layout.ts";

const FLOAT32 = { lossTolerance: 1e-5, gradientTolerance: 1e-4 };
const block = await detectBlock();

testConformance(
  "OnnxBackend with planar features",
  (parameters) => OnnxBackend.open(parameters, "cpu", { layout: new PlanarLayout() }),
  FLOAT32,
);

if (block === null) {
  Deno.test({ name: "OnnxBackend with blocked features: this processor has none", ignore: true, fn: () => {} });
} else {
  testConformance(
    `OnnxBackend with features in blocks of ${block}`,
    (parameters) => OnnxBackend.open(parameters, "cpu", { layout: new BlockedLayout(block) }),
    FLOAT32,
  );
}

// The graph is that of GPUs. A CPU computes it in float32, and rounds what comes out.
testConformance(
  "OnnxBackend with features of 16 bits",
  (parameters) => OnnxBackend.open(parameters, "cpu", { layout: new HalfLayout() }),
  { lossTolerance: 2e-3, gradientTolerance: 2e-3, rounds: true },
);

// On the CPU nothing is gained by it, but the graph is that of WebGPU.
testDeviceAdam(
  "OnnxBackend with results that are fed again",
  (parameters) => OnnxBackend.open(parameters, "cpu", { layout: new PlanarLayout(), binds: true }),
);
