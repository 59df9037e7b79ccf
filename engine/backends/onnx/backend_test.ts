import { testConformance } from "../../conformance/conformance.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { OnnxBackend } from "./backend.ts";
import { detectBlock } from "./detect_block.ts";
import { PlanarLayout } from "./planar_layout.ts";

const FLOAT32 = { lossTolerance: 1e-5, gradientTolerance: 1e-4 };
const block = await detectBlock();

testConformance(
  "OnnxBackend with planar features",
  (parameters) => OnnxBackend.open(parameters, { layout: new PlanarLayout() }),
  FLOAT32,
);

if (block === null) {
  Deno.test({ name: "OnnxBackend with blocked features: this processor has none", ignore: true, fn: () => {} });
} else {
  testConformance(
    `OnnxBackend with features in blocks of ${block}`,
    (parameters) => OnnxBackend.open(parameters, { layout: new BlockedLayout(block) }),
    FLOAT32,
  );
}
