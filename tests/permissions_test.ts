/** What each process of the program may reach, by what Deno itself says in there, and what the tasks ask `permissions.ts` for. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Config, readConfig } from "../config.ts";
import { parseTransferArguments } from "../terminal/arguments.ts";
import { transferPermissions } from "../terminal/transfer.ts";
import { launchEngine } from "../transfers/process/launch.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";
import { LISTS, PROGRAM, serverDeniedHosts, serverReads, serverRuns, serverWrites } from "../permissions.ts";
import { ServerProcess } from "./testing/server_process.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MARK = "permissions: ";
/** Nobody's, on every machine. */
const ELSEWHERE = ["/etc/passwd", dirname(ROOT.replace(/\/$/, "")), join(ROOT, ".git")];
const PUBLIC = "203.0.113.9:443";
const PRIVATE = ["10.1.2.3:80", "192.168.0.1:443", "172.20.0.1:5432", "169.254.169.254:80", "100.100.100.200:80"];

interface Asked {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  readonly net?: readonly string[];
  readonly run?: readonly string[];
  readonly env?: readonly string[];
}

/** A module that prints which of these its process is granted, and is run before the process's own. */
async function probe(asked: Asked): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    path,
    `
    const named = { read: "path", write: "path", net: "host", run: "command", env: "variable" };
    const granted = Object.entries(${JSON.stringify(asked)}).map(([name, values]) => [
      name,
      values.filter((value) => Deno.permissions.querySync({ name, [named[name]]: value }).state === "granted"),
    ]);
    console.error(${JSON.stringify(MARK)} + JSON.stringify(Object.fromEntries(granted)));
  `,
  );
  return path;
}

function answerIn(lines: readonly string[]): Asked {
  return JSON.parse(lines.find((line) => line.startsWith(MARK))!.slice(MARK.length));
}

/** What a process is granted that is started with these arguments of Deno. */
async function grantedTo(args: readonly string[], asked: Asked): Promise<Asked> {
  const preload = await probe(asked);
  try {
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--preload", preload, ...args.slice(1)],
      cwd: ROOT,
      stdin: "null",
      stdout: "null",
    }).output();
    return answerIn(new TextDecoder().decode(stderr).split("\n"));
  } finally {
    await Deno.remove(preload);
  }
}

Deno.test("a server reads the program and its data, writes its data, and connects to the public network only", async () => {
  const dataDir = await Deno.makeTempDir();
  const weights = join(dataDir, "b.npz");
  const preload = await probe({
    read: [...ELSEWHERE, dataDir, weights, join(ROOT, "weights"), ROOT],
    write: [...ELSEWHERE, dataDir, ROOT, join(ROOT, "studio", "dist")],
    net: [...PRIVATE, PUBLIC, "127.0.0.1:4000"],
    run: ["/bin/sh", Deno.execPath()],
    env: ["HOME", "PATH", "DATA_DIR"],
  });
  try {
    await Deno.copyFile(SHIPPED_WEIGHTS, weights);
    await using server = await ServerProcess.start({ dataDir, preload, env: { WEIGHTS: weights } });
    assert.deepEqual(answerIn(server.lines), {
      read: [dataDir, weights, join(ROOT, "weights")],
      write: [dataDir],
      net: [PUBLIC, "127.0.0.1:4000"],
      run: [Deno.execPath()],
      env: ["DATA_DIR"],
    });
  } finally {
    await Deno.remove(preload);
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("an engine process reads its weights, and neither data nor anything else; it reaches nobody", async () => {
  const dataDir = join(ROOT, "data");
  const granted = await grantedTo(launchEngine("onnx:cpu", SHIPPED_WEIGHTS, 5).args, {
    read: [...ELSEWHERE, ROOT, dataDir, join(dataDir, "access.db"), SHIPPED_WEIGHTS],
    write: [...ELSEWHERE, ROOT, dataDir, SHIPPED_WEIGHTS],
    net: [...PRIVATE, PUBLIC, "127.0.0.1:4000"],
    run: ["/bin/sh", Deno.execPath()],
    env: ["HOME", "DATA_DIR"],
  });
  assert.deepEqual(granted, { read: [SHIPPED_WEIGHTS], write: [], net: [], run: [], env: [] });
});

Deno.test("a transfer at the terminal reads the pictures that are named, and writes where the result goes", async () => {
  const line = ["--content", "in/a.jpg", "--style", "in/b.jpg", "--style", "geometry", "--out", "out/x.png"];
  const masks = ["--style-masks", "in/m.png,", "--content-mask", "in/n.png"];
  const flags = await transferPermissions(parseTransferArguments([...line, ...masks])!);
  const granted = await grantedTo(["run", ...flags, "--no-prompt", join(ROOT, "errors.ts")], {
    read: ["in/a.jpg", "in/b.jpg", "in/m.png", "in/n.png", "in/other.jpg", "out/x.png.part", ...ELSEWHERE],
    write: ["out/x.png.part", "in/a.jpg", ".", ...ELSEWHERE],
    net: [PUBLIC],
    run: ["/bin/sh"],
    env: ["HOME"],
  });
  assert.deepEqual(granted, {
    read: ["in/a.jpg", "in/b.jpg", "in/m.png", "in/n.png", "out/x.png.part"],
    write: ["out/x.png.part"],
    net: [],
    run: [],
    env: [],
  });
});

Deno.test("pictures with a comma in their name, which Deno's flags cannot say, are read with their folder", async () => {
  const args = parseTransferArguments(["--content", "in/a,b.jpg", "--style", "geometry", "--out", "a,b/out"])!;
  const flags = await transferPermissions(args);
  assert.match(flags.find((flag) => flag.startsWith("--allow-read="))!, /,in,geometry,\.$/);
  assert.ok(flags.includes("--allow-write=."));
});

Deno.test("a server is kept from the networks behind it, but for those in which it listens", async () => {
  const denied = (host: string, resolve?: () => Promise<string[]>) =>
    serverDeniedHosts(readConfig((name) => name === "HOST" ? host : undefined), resolve);
  assert.ok(!(await denied("127.0.0.1")).includes("127.0.0.0/8"));
  assert.ok((await denied("0.0.0.0")).includes("127.0.0.0/8"));
  const [office, all] = [await denied("192.168.7.7"), await denied("0.0.0.0")];
  assert.deepEqual(all.filter((network) => !office.includes(network)), ["192.168.0.0/16"]);
  assert.ok(!(await denied("::1")).includes("[::1]"));
  assert.ok(!(await denied("inside.example", () => Promise.resolve(["10.0.0.5"]))).includes("10.0.0.0/8"));
  const issued = {
    AUTH: "oidc",
    OIDC_ISSUER: "https://[::1]:8443/realms/a",
    OIDC_AUDIENCE: "gramcast",
    HOST: "0.0.0.0",
  };
  const besideIssuer = await serverDeniedHosts(readConfig((name) => issued[name as keyof typeof issued]));
  assert.deepEqual(all.filter((network) => !besideIssuer.includes(network)), ["[::1]"]);
  const webhooks = { WEBHOOK_PRIVATE_ADDRESSES: "allow" };
  const inside = await serverDeniedHosts(readConfig((name) => webhooks[name as keyof typeof webhooks]));
  assert.ok(inside.includes("169.254.0.0/16") && !inside.includes("10.0.0.0/8"));
  const unknown = await denied("nowhere.example", () => Promise.reject(new Error("not found")));
  assert.ok(unknown.includes("169.254.0.0/16") && !unknown.includes("10.0.0.0/8"));
});

Deno.test("a server whose webhooks may lead inside is kept from machines' secrets alone", async () => {
  const denied = await serverDeniedHosts(
    readConfig((name) => name === "WEBHOOK_PRIVATE_ADDRESSES" ? "allow" : undefined),
  );
  assert.ok(denied.includes("169.254.0.0/16") && !denied.includes("10.0.0.0/8"));
});

Deno.test("a server starts Deno and what writes films, and where nothing does, Deno alone", () => {
  const runs = (ffmpeg: string) => serverRuns(readConfig((name) => name === "FFMPEG" ? ffmpeg : undefined));
  assert.deepEqual(runs(""), [Deno.execPath()]);
  assert.deepEqual(runs("/opt/ffmpeg/bin/ffmpeg"), [Deno.execPath(), "/opt/ffmpeg/bin/ffmpeg"]);
  assert.throws(() => runs("a,b"), /^GramcastError: Cannot use FFMPEG="a,b": wanted the path or the name of a program/);
});

Deno.test("a transfer at the terminal starts what writes films where a film is asked for", async () => {
  const runs = async (out: string) => {
    const line = ["--content", "a.webp", "--style", "geometry", "--moving", "--out", out];
    return (await transferPermissions(parseTransferArguments(line)!)).find((flag) => flag.startsWith("--allow-run="));
  };
  assert.equal(await runs("out/x.mp4"), `--allow-run=${Deno.execPath()},ffmpeg`);
  assert.equal(await runs("out/x.webp"), `--allow-run=${Deno.execPath()}`);
});

Deno.test("what the configuration names can be read", () => {
  const set = { WEIGHTS: "/w.npz", TRUSTED_DOCUMENTS: "/documents.json", POLICY: "/policy.json", DATA_DIR: "/d" };
  const reads = serverReads(readConfig((name) => set[name as keyof typeof set]));
  for (const path of Object.values(set)) assert.ok(reads.includes(path), path);
});

Deno.test("blobs are reached where the configuration says that they are", async () => {
  const config = (set: Readonly<Record<string, string>>) => readConfig((name) => set[name]);
  const folder = config({ BLOBS: "file:///mnt/blobs", DATA_DIR: "/d" });
  assert.deepEqual(serverWrites(folder), ["/d", "/mnt/blobs"]);
  assert.ok(serverReads(folder).includes("/mnt/blobs"));
  const s3 = config({
    ...{ BLOBS: "s3://bucket", AWS_ACCESS_KEY_ID: "ann", AWS_SECRET_ACCESS_KEY: "hush", HOST: "0.0.0.0" },
    ...{ S3_ENDPOINT: "http://minio.example:9000", S3_PATH_STYLE: "off" },
  });
  const asked: string[] = [];
  const denied = await serverDeniedHosts(s3, (name) => (asked.push(name), Promise.resolve(["10.0.0.5"])));
  assert.deepEqual(asked, ["bucket.minio.example"]);
  assert.ok(denied.includes("127.0.0.0/8") && !denied.includes("10.0.0.0/8"));
});

Deno.test("a database is reached where the configuration says that it is, and by the command that makes keys, too", async () => {
  const config = (url?: string) => readConfig((name) => ({ DATABASE_URL: url, DATA_DIR: "/d" })[name]);
  const host = config("postgres://ann:hush@db.example/gramcast");
  const asked: string[] = [];
  const denied = await serverDeniedHosts(host, (name) => (asked.push(name), Promise.resolve(["10.0.0.5"])));
  assert.deepEqual(asked, ["db.example"]);
  assert.ok(!denied.includes("10.0.0.0/8") && denied.includes("192.168.0.0/16"));
  const socket = config("postgres://ann@/gramcast?host=/run/postgresql");
  const path = "/run/postgresql/.s.PGSQL.5432";
  assert.deepEqual(serverWrites(socket), ["/d", path]);
  assert.ok(serverReads(socket).includes(path));
  const lists = (config: Config) => ["keys-hosts", "keys-writes"].map((name) => LISTS[name]!(config));
  assert.deepEqual(lists(host), [["db.example"], ["/d"]]);
  assert.deepEqual(lists(config("postgres://ann@[fd00::5]/gramcast")), [["[fd00::5]"], ["/d"]]);
  assert.deepEqual(lists(socket), [[`unix:${path}`], ["/d", path]]);
  assert.deepEqual(lists(config()), [["nowhere.invalid"], ["/d"]]);
  const certified = config("postgres://ann@db.example/gramcast?sslmode=verify-full&sslrootcert=/etc/ca.pem");
  for (const list of ["server-reads", "keys-reads"]) {
    assert.ok((await LISTS[list]!(certified)).includes("/etc/ca.pem"), list);
  }
});

Deno.test("tasks ask for lists that there are", async () => {
  const tasks = await Deno.readTextFile(join(ROOT, "deno.json"));
  const asked = [...tasks.matchAll(/ permissions\.ts ([\w-]+)\)/g)].map(([, name]) => name!);
  assert.deepEqual([...new Set(asked)].sort(), Object.keys(LISTS).sort());
});

Deno.test("the program's folders are those of its image", async () => {
  const lines = (await Deno.readTextFile(join(ROOT, ".dockerignore"))).split("\n");
  const folders = lines.filter((line) => /^!\w+$/.test(line) && line !== "!LICENSE").map((line) => line.slice(1));
  assert.deepEqual(folders.sort(), PROGRAM.filter((name) => !name.includes(".")).toSorted());
});

Deno.test("threads are granted what they need, and not what their process has", async () => {
  for (const folder of PROGRAM.filter((name) => !name.includes("."))) {
    for await (const path of modulesOf(join(ROOT, folder))) {
      for (const [, options] of (await Deno.readTextFile(path)).matchAll(/new Worker\(([^;]*);/g)) {
        assert.match(options!, /deno: \{ permissions: /, path);
      }
    }
  }
});

async function* modulesOf(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) { if (!/^(testing|dist|node_modules|conformance)$/.test(name)) yield* modulesOf(path); }
    else if (/(?<!_test)\.ts$/.test(name)) yield path;
  }
}
