import assert from "node:assert/strict";
import { join } from "node:path";
import { encodePicture } from "../images/encode.ts";
import project from "../deno.json" with { type: "json" };

/** The command as the task runs it, with the task's permissions. */
async function run(...args: string[]): Promise<{ readonly code: number; readonly said: string }> {
  const [program, ...flags] = project.tasks.recipe.command.split(" ");
  assert.equal(program, "deno");
  const options = { args: [...flags, ...args], cwd: new URL("..", import.meta.url), env: { NO_COLOR: "1" } };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
  return { code, said: new TextDecoder().decode(code === 0 ? stdout : stderr) };
}

Deno.test("recipe prints what a painting says of itself, and nothing that a terminal would act on", async () => {
  const folder = await Deno.makeTempDir();
  const write = async (name: string, recipe: string | null) => {
    const picture = { width: 1, height: 1, rgb: new Uint8Array(3) };
    await Deno.writeFile(join(folder, name), await encodePicture(picture, { format: "PNG", recipe }));
    return join(folder, name);
  };
  try {
    const recipe = { weights: "w", request: { seed: 7, note: "\u{9b}2J\u{202e}" } };
    const { code, said } = await run(await write("painting.png", JSON.stringify(recipe)));
    assert.deepEqual([code, JSON.parse(said)], [0, recipe]);
    assert.match(said, /^[\x20-\x7e\n]+$/);
    assert.match((await run(await write("plain.png", null))).said, /"plain.png": found no recipe in it/);
    assert.match((await run(await write("odd.png", "{"))).said, /"odd.png": found one that is no JSON/);
    assert.match((await run(join(folder, "none.png"))).said, /"none.png": found no such file/);
    assert.equal((await run()).code, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
