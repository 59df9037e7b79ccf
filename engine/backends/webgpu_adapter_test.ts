import assert from "node:assert/strict";
import { hasGpu } from "./webgpu_adapter.ts";

Deno.test("a folder of devices says whether there may be a GPU", { ignore: Deno.build.os !== "linux" }, async () => {
  const devices = await Deno.makeTempDir();
  try {
    assert.equal(hasGpu(devices), false);
    await Deno.writeTextFile(`${devices}/nvidiactl`, "");
    assert.equal(hasGpu(devices), true);
  } finally {
    await Deno.remove(devices, { recursive: true });
  }
});

Deno.test("with a server's permissions, which do not show /dev, there may be a GPU", async () => {
  const url = new URL("./webgpu_adapter.ts", import.meta.url).href;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, `import { hasGpu } from ${JSON.stringify(url)};\nconsole.log(hasGpu());`);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-prompt", "--allow-read", "--allow-env", file],
    }).output();
    assert.equal(new TextDecoder().decode(stdout).trim(), "true");
  } finally {
    await Deno.remove(file);
  }
});
