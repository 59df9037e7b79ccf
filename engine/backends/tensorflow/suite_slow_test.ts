import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isInstalled } from "./runtime.ts";

const FOLDER = fileURLToPath(new URL("./testing", import.meta.url));

// In a process of their own: TensorFlow's library and a Vulkan driver, which other tests load, do not get along.
const title =
  "TensorFlow passes conformance, Adam on the device and the search for leaks, and prints nothing of its own";
Deno.test({
  name: isInstalled() ? title : `${title}: it is not installed here (deno task install:tensorflow)`,
  ignore: !isInstalled(),
  fn: async () => {
    const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => `${FOLDER}/${name}`);
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", "--no-check", "--sanitize-ops", "--sanitize-resources", ...files],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const [report, complaints] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.ok(success, `${report}\n${complaints}`);
    const [, passed = "0"] = /^ok \| (\d+) passed/m.exec(report!) ?? [];
    assert.ok(Number(passed) >= 20, `${report}`);
    assert.equal(complaints, "");
  },
});
