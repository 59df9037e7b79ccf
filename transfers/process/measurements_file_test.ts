import assert from "node:assert/strict";
import { join } from "node:path";
import { SILENT_LOG } from "../log.ts";
import { launchEngine } from "./launch.ts";
import { MEASUREMENTS, MeasurementsFile } from "./measurements_file.ts";
import { falseChild, realSupervisor } from "./testing/supervisor_stage.ts";

Deno.test("what was measured is kept whole, in a folder that is made for it, and is empty before", async () => {
  const folder = join(await Deno.makeTempDir(), "data");
  const file = new MeasurementsFile(folder, SILENT_LOG);
  assert.equal(await file.read(), "");
  await file.keep("first");
  await file.keep("second");
  assert.equal(await file.read(), "second");
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [MEASUREMENTS]);
});

Deno.test("a file of measurements that has been damaged so that no process could be told it counts as none", async () => {
  const folder = await Deno.makeTempDir();
  const file = new MeasurementsFile(folder, SILENT_LOG);
  for (const text of ["{}\0", "x".repeat(2 ** 17)]) {
    await Deno.writeTextFile(join(folder, MEASUREMENTS), text);
    assert.equal(await file.read(), "");
  }
});

Deno.test("an engine goes on where its measurements cannot be kept", async () => {
  const path = await Deno.makeTempFile();
  const warnings: string[] = [];
  const file = new MeasurementsFile(path, { ...SILENT_LOG, warn: (line) => warnings.push(line) });
  await file.keep("text");
  assert.equal(await file.read(), "");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^Cannot keep what was measured of the GPU: /);
});

Deno.test("what an engine process measures is kept before it says that it is ready", async () => {
  const kept: string[] = [];
  const keepMeasurements = async (text: string) => {
    await Promise.resolve();
    kept.push(text);
  };
  const engine = realSupervisor({ ...falseChild("measures"), keepMeasurements });
  await engine.info();
  assert.deepEqual(kept, ["a part", "all"]);
  await engine.close();
});

Deno.test("an engine process is told what was measured, and without it measures nothing", () => {
  const told = (measured?: string) => launchEngine("webgpu", "w.npz", 5, { measured }).args.slice(-3);
  assert.deepEqual(told("{}"), ["tf32", "", "{}"]);
  assert.deepEqual(told(""), ["tf32", "", ""]);
  assert.deepEqual(told(), ["5", "Infinity", "tf32"]);
});
