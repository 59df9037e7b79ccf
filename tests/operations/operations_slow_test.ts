/** The commands of docs/operations.md, run as they stand there but for places, names and ports. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENDLESS, SMALL } from "../e2e/operations.ts";
import { PROXIES, Proxy } from "../proxies/proxy.ts";
import { freePort } from "../testing/free_port.ts";
import { ask, startTransfer } from "../testing/client.ts";
import { until } from "../testing/in_time.ts";
import { codeBlocks } from "../testing/markdown.ts";
import { linesOf } from "../testing/server_process.ts";
import { missingProgram, testWhere } from "../testing/test_where.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const BLOCKS = codeBlocks(await Deno.readTextFile(join(ROOT, "docs/operations.md")), "sh");
/** What only a machine of one's own can run (systemd, and what would change this checkout), and what tests/telemetry runs. */
const NOT_RUN = ["systemctl", "git pull", "OTEL_DENO"];

/** Where the page's places are in a test. */
class Machine implements AsyncDisposable {
  readonly folder: string;
  readonly port = freePort();
  #run = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Machine> {
    const machine = new Machine(await Deno.makeTempDir({ prefix: "gramcast-operations-" }));
    await Deno.mkdir(join(machine.folder, "bin"));
    await Deno.symlink(Deno.execPath(), join(machine.folder, "bin", "deno"));
    return machine;
  }

  get origin(): string {
    return `https://localhost:${this.port}`;
  }

  get certificate() {
    return { certificate: this.path("/etc/ssl/example.org.pem"), key: this.path("/etc/ssl/example.org.key") };
  }

  path(path: string): string {
    return join(this.folder, path.slice(1).replaceAll("/", "-").replace("example.org", "localhost"));
  }

  /** A command of the page that contains a text. */
  command(text: string, env: Readonly<Record<string, string>> = {}): Deno.Command {
    const found = BLOCKS.filter((block) => block.includes(text));
    assert.equal(found.length, 1, text);
    const script = found[0]!.replaceAll("/opt/gramcast", ROOT)
      .replaceAll(/\/(?:var\/(?:lib|backups)\/gramcast(?:-restored)?|etc\/ssl\/[\w.]+)/g, (path) => this.path(path))
      .replaceAll("https://example.org", this.origin).replaceAll("example.org", "localhost")
      .replace(/^deno task start$/m, "exec deno task --quiet start");
    return new Deno.Command("sh", {
      args: ["-ec", script],
      cwd: this.folder,
      env: {
        PATH: `${join(this.folder, "bin")}:${Deno.env.get("PATH")}`,
        CURL_CA_BUNDLE: this.certificate.certificate,
        NO_COLOR: "1",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs it to its end. @returns what it has printed. */
  async run(text: string, env?: Readonly<Record<string, string>>): Promise<string> {
    const { success, stdout, stderr } = await this.command(text, env).output();
    const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.ok(success, `${text}: ${out}${errors}`);
    return out!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A server that a command of the page has started. */
class Started implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #printed: Promise<unknown>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#printed = Promise.all([this.#read(child.stdout), this.#read(child.stderr)]);
  }

  /** Resolves when it has said that it takes keys, which it does when it listens. */
  static async by(command: Deno.Command): Promise<Started> {
    const started = new Started(command.spawn());
    let ended = false;
    void started.#printed.then(() => ended = true);
    await until(() => ended || started.lines.some((line) => line.includes("AUTH=keys")));
    assert.ok(!ended, started.lines.join("\n"));
    return started;
  }

  get host(): string {
    return /listens on http:\/\/([\w.:]+\d)/.exec(this.lines.join("\n"))![1]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#printed;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const line of linesOf(stream)) this.lines.push(line);
  }
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function statusOf(url: string, key: string, id: string): Promise<string> {
  const answer = await ask<{ transfer: { status: string } | null }>(
    url,
    "query ($id: ID!) { transfer(id: $id) { status } }",
    { id },
    bearer(key),
  );
  return answer.transfer?.status ?? "GONE";
}

/** What a backup has to bring back: how many transfers there are, and the bytes of a result. */
async function contents(url: string, key: string, finished: string) {
  const query = `query ($id: ID!) {
    transfers(first: 0) { totalCount }
    transfer(id: $id) { lossHistory(points: 10) { step total } result { url } link { token } }
  }`;
  const { transfers, transfer } = await ask<
    { transfers: { totalCount: number }; transfer: { result: { url: string }; link: { token: string } } }
  >(url, query, { id: finished }, bearer(key));
  const { pathname } = new URL(transfer.result.url, url);
  const picture = await fetch(url + pathname.replace("/gramcast", ""), { headers: bearer(key) });
  const { result: _, ...rest } = transfer;
  return { ...transfers, ...rest, picture: (await picture.bytes()).toHex() };
}

const missing = await missingProgram("curl", "sqlite3", "openssl");

testWhere(missing, "the page's commands lead to a public server, back it up, and restore it", async (t) => {
  await using machine = await Machine.make();
  const env = { PORT: "0", ENGINE: "onnx:cpu", HOST: "127.0.0.1" };
  const started = machine.command("DATA_DIR=/var/lib/gramcast PUBLIC_URL", env);
  let [admin, ann, finished, running]: string[] = [];
  let before: unknown;

  await t.step(
    "it starts, and is reached over TLS behind each proxy by who has a key, and by nobody else",
    async () => {
      await machine.run("openssl req");
      await using server = await Started.by(started);
      await until(() => server.lines.some((line) => line.includes("/#key=")));
      admin = /gram_\w{49}/.exec(server.lines.join("\n"))![0];
      assert.ok(server.lines.some((line) => line.includes(`${machine.origin}/gramcast/#key=${admin}`)));
      using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(machine.certificate.certificate)] });
      for (const kind of PROXIES.filter(({ path }) => existsSync(path))) {
        await using _proxy = await Proxy.start(kind, machine.port, server.host, machine.certificate);
        for (const [key, status] of [[admin, 200], [null, 401]] as const) {
          const headers: Record<string, string> = key === null ? {} : bearer(key);
          const response: Response = await fetch(
            `${machine.origin}/gramcast/graphql?query={viewer{role}}`,
            { client, headers } as RequestInit,
          );
          assert.equal(response.status, status, kind.name);
          await response.body?.cancel();
        }
      }

      const listed = await machine.run("deno task keys create ann");
      ann = /gram_\w{49}/.exec(listed)![0];
      assert.match(listed, /^wall +viewer +ann /m);

      const url = `http://${server.host}/gramcast`;
      finished = await startTransfer(url, SMALL, bearer(admin));
      await until(async () => await statusOf(url, admin!, finished!) === "SUCCEEDED");
      const [proxy] = PROXIES.filter(({ path }) => existsSync(path));
      if (proxy) {
        await using _proxy = await Proxy.start(proxy, machine.port, server.host, machine.certificate);
        assert.match(
          await machine.run("shareTransfer", { KEY: admin, ID: finished }),
          /"url":"https:.*#key=gramshare_/,
        );
      } else await ask(url, `mutation { shareTransfer(id: "${finished}") { url } }`, {}, bearer(admin));
      assert.match(await machine.run("keys audit"), new RegExp(`share +${finished}$`, "m"));
      running = await startTransfer(url, ENDLESS, bearer(ann));
      await until(async () => await statusOf(url, ann!, running!) === "RUNNING");
      before = await contents(url, admin, finished);

      await machine.run(".backup");
      assert.match(await machine.run("integrity_check"), /^ok\nRUNNING\|1\nSUCCEEDED\|1\n$/);
      // What comes later is not in it.
      await startTransfer(url, ENDLESS, bearer(ann));
    },
  );

  await t.step("all of it is there after it was restored, and what had not ended goes on", async () => {
    const restored = machine.command("mkdir -m 700", env);
    await using server = await Started.by(restored);
    const url = `http://${server.host}/gramcast`;
    assert.deepEqual(await contents(url, admin!, finished!), before);
    assert.ok(!server.lines.some((line) => line.includes("gram_")), "the keys are the old ones");
    const link = (before as { link: { token: string } }).link.token;
    assert.equal(await statusOf(url, link, finished!), "SUCCEEDED");
    await until(async () => await statusOf(url, ann!, running!) === "RUNNING");
  });
});

Deno.test("each command of the page is run here, or cannot be", async () => {
  const test = await Deno.readTextFile(fileURLToPath(import.meta.url));
  const asked = [...test.matchAll(/machine\.(?:run|command)\("([^"]+)"/g)].map(([, text]) => text!);
  const rest = BLOCKS.filter((block) => ![...asked, ...NOT_RUN].some((text) => block.includes(text)));
  assert.deepEqual(rest, []);
});

const service = join(ROOT, "examples/gramcast.service");
testWhere(await missingProgram("systemd-analyze"), "systemd finds nothing wrong with the service", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const copy = join(folder, "gramcast.service");
    const text = await Deno.readTextFile(service);
    await Deno.writeTextFile(copy, text.replace("/usr/local/bin/deno", Deno.execPath()));
    const { stderr } = await new Deno.Command("systemd-analyze", { args: ["verify", copy] }).output();
    const said = new TextDecoder().decode(stderr).split("\n").filter((line) => line.includes("gramcast.service"));
    assert.deepEqual(said, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
