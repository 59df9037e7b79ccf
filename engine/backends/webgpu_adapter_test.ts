import assert from "node:assert/strict";
import { hasGpu, isSoftware } from "./webgpu_adapter.ts";

Deno.test("drivers that compute on the CPU are told from GPUs, by what they say of themselves or by their names", () => {
  const say = (description: string, isFallbackAdapter = false, architecture = "") =>
    isSoftware({ description, isFallbackAdapter, architecture });
  for (
    const name of [
      "llvmpipe (LLVM 19.1.7, 256 bits)",
      "Virtio-GPU Venus (llvmpipe (LLVM 15.0.6, 256 bits))",
      "Microsoft Direct3D12 (Microsoft Basic Render Driver)",
      "SwiftShader Device (Subzero)",
      "Google SwiftShader",
      "lavapipe",
      "WARP",
    ]
  ) assert.ok(say(name), name);
  assert.ok(say("a GPU, it says", true));
  assert.ok(say("", false, "swiftshader"));
  for (
    const name of [
      "NVIDIA H100 80GB HBM3",
      "AMD Radeon RX 7900 XTX (RADV NAVI31)",
      "Intel(R) UHD Graphics 770 (ADL-S GT1)",
      "Apple M3",
      "Virtio-GPU Venus (NVIDIA GeForce RTX 4090)",
      "",
    ]
  ) assert.ok(!say(name), name);
});

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
