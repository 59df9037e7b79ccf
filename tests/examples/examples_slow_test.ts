/** The programs of examples/ do what they say against the real server, which goes and comes back in the middle. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NO_BROWSER, openBrowser } from "../studio/testing/browser.ts";
import { linesOf, ServerProcess } from "../testing/server_process.ts";
import { missingProgram, testWhere } from "../testing/test_where.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const REACT = `${EXAMPLES}react/`;
const PHOTO = fileURLToPath(new URL("../../samples/still-life.jpg", import.meta.url));
const PERMISSIONS = ["--allow-net", "--allow-read", "--allow-write", "--allow-env", "--allow-run"];
const STEPS = 150;
/** The step at which the server is killed. */
const INTERRUPTED = 20;
/** Steps of each picture of a contact sheet. */
const SHEET_STEPS = 6;

async function killAndStart(server: ServerProcess): Promise<void> {
  await server.kill();
  await server.startAgain();
}

const PROGRAMS = [
  { name: "graphql_ws.ts", options: `{"size":32,"steps":${STEPS}}`, missing: null },
  { name: "sse.ts", options: `{"size":32,"steps":${STEPS}}`, missing: null },
  { name: "curl.sh", options: `size: 32 steps: ${STEPS}`, missing: await missingProgram("bash", "curl") },
];

for (const { name, options, missing } of PROGRAMS) {
  const title = `examples/${name} shows every step once, though the server is killed in the middle`;
  testWhere(missing, title, async () => {
    await using server = await ServerProcess.start();
    const [program, args] = name.endsWith(".sh")
      ? ["bash", []]
      : [Deno.execPath(), ["run", "--no-prompt", "--allow-net", "--allow-env"]];
    const child = new Deno.Command(program, {
      args: [...args, EXAMPLES + name, server.url, options],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const steps: number[] = [];
    let last = "";
    for await (const line of linesOf(child.stdout)) {
      const step = /^step (\d+): [\d.e-]+$/.exec(line)?.[1];
      if (step) steps.push(Number(step));
      if (Number(step) === INTERRUPTED) await killAndStart(server);
      last = line;
    }
    assert.equal((await child.status).code, 0);
    assert.deepEqual(steps, Array.from({ length: STEPS }, (_, i) => i + 1));
    const url = /^(?:finished|SUCCEEDED): (http\S+)$/.exec(last)![1]!;
    const picture = await fetch(url);
    assert.equal(picture.headers.get("content-type"), "image/png");
    await picture.body?.cancel();
  });
}

Deno.test("examples/contact_sheet.ts shows every step of each picture once, though the server is killed", async () => {
  await using server = await ServerProcess.start();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net",
      "--allow-env",
      `${EXAMPLES}contact_sheet.ts`,
      server.url,
      `{"size":32,"steps":${SHEET_STEPS}}`,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines: string[] = [];
  for await (const line of linesOf(child.stdout)) {
    lines.push(line);
    if (line.startsWith("0,1: RUNNING step 3 ")) await killAndStart(server);
  }
  assert.equal((await child.status).code, 0);
  assert.equal(lines.at(-1), "SUCCEEDED");
  for (const cell of ["0,0", "0,1", "1,0", "1,1"]) {
    const steps = lines.map((line) => new RegExp(`^${cell}: RUNNING step ([1-9]\\d*) `).exec(line)?.[1]).filter(
      Boolean,
    );
    assert.deepEqual(steps.map(Number), Array.from({ length: SHEET_STEPS }, (_, i) => i + 1), cell);
  }
  assert.equal(lines.filter((line) => line.startsWith("finished: http")).length, 4);
});

Deno.test("examples/webhook.ts is told of its transfer, though the server is killed in the middle", async () => {
  await using server = await ServerProcess.start({ env: { WEBHOOK_PRIVATE_ADDRESSES: "allow" } });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net",
      "--allow-env",
      `${EXAMPLES}webhook.ts`,
      server.url,
      `{"size":32,"steps":${STEPS}}`,
    ],
    stdout: "piped",
  }).spawn();
  const lines: string[] = [];
  for await (const line of linesOf(child.stdout)) {
    lines.push(line);
    if (lines.length === 1) await killAndStart(server);
  }
  assert.equal((await child.status).code, 0);
  const [first, ...others] = lines;
  assert.match(first!, /^transfer\.running: step 0 of /);
  assert.match(others.at(-2)!, /^transfer\.succeeded: step 150 of 150$/);
  for (const line of others.slice(0, -2)) assert.match(line, /^transfer\.progress: step \d+ of 150$/);
  const picture = await fetch(/^finished: (http\S+)$/.exec(others.at(-1)!)![1]!);
  assert.equal(picture.headers.get("content-type"), "image/png");
  await picture.body?.cancel();
});

testWhere(
  NO_BROWSER,
  "examples/react uploads a picture and shows it emerge, though the server is killed in the middle",
  async (t) => {
    await t.step("its types are right", async () => {
      const sources = ["serve.ts", "urql.tsx", "apollo.tsx"];
      const check = new Deno.Command(Deno.execPath(), { args: ["check", ...sources], cwd: REACT, stderr: "piped" });
      const { success, stderr } = await check.output();
      assert.ok(success, new TextDecoder().decode(stderr));
    });

    const pages = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...PERMISSIONS, "serve.ts", "0"],
      cwd: REACT,
      stdout: "piped",
    }).spawn();
    const lines = linesOf(pages.stdout);
    const origin = /http:\/\/[\d.:]+/.exec((await lines.next()).value!)![0];
    await using server = await ServerProcess.start({ env: { CORS_ORIGINS: origin } });
    const browser = await openBrowser();

    for (const client of ["urql", "apollo"]) {
      await t.step(`with ${client}`, async () => {
        const page = await browser.newPage();
        page.setDefaultTimeout(180_000);
        await page.goto(`${origin}/?client=${client}&server=${server.url}`);
        await page.getByLabel("Picture").setInputFiles(PHOTO);
        await page.getByLabel("Size").fill("32");
        await page.getByLabel("Steps").fill(String(STEPS));
        await page.getByRole("button", { name: "Paint" }).click();
        // A fast machine may have come to the end before anybody looks.
        await page.getByText(/^(RUNNING|SUCCEEDED), step \d+ of 150/).waitFor();
        await page.locator("img[src^=data]").waitFor();
        await killAndStart(server);
        await page.getByText(/^SUCCEEDED, step 150 of 150/).waitFor();
        await page.close();
      });
    }

    await browser.close();
    pages.kill("SIGTERM");
    await lines.return(undefined);
    await pages.status;
  },
  { sanitizeOps: false, sanitizeResources: false },
);

testWhere(await missingProgram("python3"), "examples/python_gql.py is Python", async () => {
  const source = await Deno.readTextFile(`${EXAMPLES}python_gql.py`);
  const check = new Deno.Command("python3", {
    args: ["-c", "import ast, sys; ast.parse(sys.argv[1])", source],
    stderr: "piped",
  });
  const { success, stderr } = await check.output();
  assert.ok(success, new TextDecoder().decode(stderr));
});
