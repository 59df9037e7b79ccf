import assert from "node:assert/strict";
import { loadWeights } from "../../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../../weights/shipped.ts";
import { writeHollowNetwork } from "../../weights/testing/hollow_network.ts";
import { realSupervisor, Recorder, smallJob } from "./testing/supervisor_stage.ts";

Deno.test("sixteen pictures are classified beside a transfer, in memory that is bounded and that the transfer's is not", async () => {
  const weights = await writeHollowNetwork((await loadWeights(SHIPPED_WEIGHTS)).parameters.convs);
  // Room for a small transfer, and none for fc6 to fc8 beside it.
  const engine = realSupervisor({ findWeights: () => weights, memoryBytes: 2 ** 29 });
  try {
    await engine.info();
    const run = engine.run(await smallJob({ scales: [{ size: 32, steps: 10_000 }] }), new Recorder());
    const picture = new Uint8Array(3 * 224 * 224);
    const answers = await Promise.all(Array.from({ length: 16 }, () => engine.classify(picture)));
    for (const answer of answers) {
      assert.equal(answer.length, 1000);
      assert.ok(Math.abs(answer[0]! - 0.001) < 1e-6);
    }
    run.stop();
    assert.equal((await run.outcome).kind, "stopped");
  } finally {
    await engine.close();
    await Deno.remove(weights);
  }
});
