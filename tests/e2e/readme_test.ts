/** The README's examples, run as they stand but for the port. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cancelTransfer, startTransfer } from "../testing/client.ts";
import { codeBlocks } from "../testing/markdown.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { missingProgram } from "../testing/test_where.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

const INPUT = {
  content: { sample: "mountain-lake" },
  styles: [{ image: { sample: "starry-swirls" } }],
  preset: "FAST",
};

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
  const missing = await missingProgram("curl");
  const withCurl = (name: string, fn: () => Promise<void>) =>
    t.step({ name: missing === null ? name : `${name}: ${missing}`, ignore: missing !== null, fn });
  await using server = await ServerProcess.start({ env: { STORE: "memory" } });
  const { url } = server;
  const [mutation, subscription] = examples("sh", "curl ", url);
  const [script] = examples("ts", "graphql-ws", url);
  const startAnother = () => startTransfer(url, INPUT);

  await withCurl("curl starts a transfer", async () => {
    const { stdout } = await spawn("sh", ["-c", mutation!]).output();
    const { data } = JSON.parse(new TextDecoder().decode(stdout));
    await cancelTransfer(url, data.startTransfer.transfer.id);
  });

  await withCurl("curl follows a transfer", async () => {
    const id = await startAnother();
    const text = await read(spawn("sh", ["-c", subscription!]), /"losses":\{/, () => cancelTransfer(url, id));
    assert.match(text, /"losses":\{"total":[\d.]+\}[\s\S]*event: complete/);
  });

  await t.step("the TypeScript client follows a transfer", async () => {
    const id = await startAnother();
    const file = join(server.dataDir, "example.ts");
    await Deno.writeTextFile(file, script!);
    const args = ["run", "--no-check", "--no-lock", "--allow-net=127.0.0.1", "--allow-env", "--config", CONFIG, file];
    await read(spawn(Deno.execPath(), args), /^\d+ [\d.]+ \d+$/m, () => cancelTransfer(url, id));
  });
});
