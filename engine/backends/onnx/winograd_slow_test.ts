import { testConformance } from "../../conformance/conformance.ts";
import { OnnxBackend } from "./backend.ts";
import { BlockedLayout } from "./blocked_layout.ts";
import { detectBlock } from "./detect_block.ts";

const block = await detectBlock();
if (block === null) {
  Deno.test({ name: "OnnxBackend with Winograd's algorithm: this processor has none", ignore: true, fn: () => {} });
} else {
  // The suite's pictures are too small for it to be chosen by itself. Transforms of the largest kernels would take most of
  // the test's time, and do nothing that others do not.
  const layout = new BlockedLayout(
    block,
    (pass, { channels, height, width }, outChannels) =>
      pass === "forward"
        ? Math.max(channels, outChannels) >= 512
        : Math.min(height, width) > 4 && Math.min(channels, outChannels) < 512,
  );
  testConformance(
    "OnnxBackend with Winograd's algorithm wherever it may be",
    (parameters) => OnnxBackend.open(parameters, { layout }),
    { lossTolerance: 1e-5, gradientTolerance: 1e-4 },
  );
}
