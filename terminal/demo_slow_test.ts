import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveOptions } from "../engine/options/resolve.ts";
import { decodePicture } from "../images/decode.ts";

const { steps: STEPS } = resolveOptions({ preset: "FAST", size: 32 }, { width: 3, height: 2 }, 1);

/** Runs `deno task demo` on a server of its own. */
async function demo(args: string[], env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "demo", ...args],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { NO_COLOR: "1", STORE: "memory", PORT: "0", ENGINE: "onnx:cpu", ...env },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

Deno.test("the demo starts the server, follows a transfer over the API, and says where the picture is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code, out, err } = await demo(["--size", "32", "--out", folder], { DATA_DIR: join(folder, "data") });
    assert.equal(code, 0, err);
    assert.match(out, /^server: Gramcast listens on http:\/\/127\.0\.0\.1:\d+/m);
    assert.match(out, new RegExp(`^Started transfer [\\w-]+ of ${STEPS} steps$`, "m"));
    const lines = new RegExp(`^step \\d+/${STEPS} {2}total \\S+ {2}content \\S+ {2}style \\S+`, "gm");
    assert.equal(out.match(lines)?.length, STEPS);
    assert.ok(
      out.includes(`\nThe picture is in ${join(folder, "demo.png")}, and at http://127.0.0.1:`),
      out.slice(-300),
    );
    const picture = await decodePicture(await Deno.readFile(join(folder, "demo.png")), {
      maxBytes: 1e5,
      maxPixels: 1e4,
    });
    assert.deepEqual([picture.width, picture.height], [32, 21]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a demo that cannot go on says why in a line", async () => {
  const refused = await demo([], { ENGINE: "abacus" });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^Cannot use ENGINE="abacus": wanted .*\nCannot start the server: see above\n$/);
  const folder = await Deno.makeTempDir();
  try {
    const wrong = await demo(["--size", "7"], { DATA_DIR: folder });
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /(^|\n)Cannot use size 7: wanted a whole number from 32 to 4096\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
