/** The README's examples, run as they stand but for the port. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codeBlocks } from "../testing/markdown.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { post } from "./operations.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const CANCEL = "mutation Cancel($id: ID!) { cancelTransfer(id: $id) { transfer { status } } }";

const START = `mutation { startTransfer(input: {
  content: { sample: "mountain-lake" }, styles: [{ image: { sample: "starry-swirls" } }], preset: FAST
}) { transfer { id } } }`;

/** The blocks of code in a language that hold `text`. */
function examples(language: string, text: string, url: string): string[] {
  return codeBlocks(README, language).filter((code) => code.includes(text))
    .map((code) => code.replaceAll("127.0.0.1:4000", new URL(url).host));
}

function spawn(command: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
}

/** Runs a program, and calls `seen` as soon as `enough` of it has been printed. */
async function read(child: Deno.ChildProcess, enough: RegExp, seen: () => Promise<unknown>): Promise<string> {
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    const before = text;
    text += part;
    if (!enough.test(before) && enough.test(text)) await seen();
  }
  assert.match(text, enough);
  assert.equal((await child.status).code, 0);
  return text;
}

Deno.test("the README's examples work as they stand", async (t) => {
  const hasCurl = await new Deno.Command("curl", { args: ["--version"], stdout: "null" }).output().then(
    ({ success }) => success,
    () => false,
  );
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ dataDir, env: { STORE: "memory" } });
    const { url } = server;
    const [mutation, subscription] = examples("sh", "curl ", url);
    const [script] = examples("ts", "graphql-ws", url);
    const startAnother = async () =>
      (await post<{ startTransfer: { transfer: { id: string } } }>(url, START)).startTransfer.transfer.id;

    await t.step({
      name: hasCurl ? "curl starts a transfer" : "curl starts a transfer (skipped: no curl here)",
      ignore: !hasCurl,
      async fn() {
        const { stdout } = await spawn("sh", ["-c", mutation!]).output();
        const { data } = JSON.parse(new TextDecoder().decode(stdout));
        await post(url, CANCEL, { id: data.startTransfer.transfer.id });
      },
    });

    await t.step({
      name: hasCurl ? "curl follows a transfer" : "curl follows a transfer (skipped: no curl here)",
      ignore: !hasCurl,
      async fn() {
        const id = await startAnother();
        const text = await read(spawn("sh", ["-c", subscription!]), /"losses":\{/, () => post(url, CANCEL, { id }));
        assert.match(text, /"losses":\{"total":[\d.]+\}[\s\S]*event: complete/);
      },
    });

    await t.step("the TypeScript client follows a transfer", async () => {
      const id = await startAnother();
      const file = join(dataDir, "example.ts");
      await Deno.writeTextFile(file, script!);
      const args = ["run", "--no-check", "--no-lock", "--allow-net=127.0.0.1", "--allow-env", "--config", CONFIG, file];
      await read(spawn(Deno.execPath(), args), /^\d+ [\d.]+ \d+$/m, () => post(url, CANCEL, { id }));
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
