/**
 * The steps of the Dockerfile in a Debian chroot in place of an image, and what it starts as `docker run --read-only` would:
 * where no registry can be reached there is no image to begin from. Dockerfile.gpu takes gigabytes of NVIDIA's libraries,
 * and is read only.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ask, startTransfer } from "../testing/client.ts";
import { freePort } from "../testing/free_port.ts";
import { until } from "../testing/in_time.ts";
import { linesOf } from "../testing/server_process.ts";
import { missingProgram, testWhere } from "../testing/test_where.ts";
import { copyArguments, envOf, type Instruction, isIgnored, readDockerfile } from "./dockerfile.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Of the base image: the Debian that it is, where it has Deno, and whose packages are where. */
const DEBIAN = "bookworm";
const MIRROR = "http://deb.debian.org/debian";
const BASE_ENV = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  DENO_DIR: "/deno-dir",
  // This machine's certificates: behind a company's authority no others will do.
  DENO_TLS_CA_STORE: "mozilla,system",
};
const DENO_USER = "useradd --uid 1993 --user-group deno && install -d -o deno -g deno /deno-dir";

/** What a stage has come to. */
interface Built {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly directory: string;
  readonly user: string;
  readonly instructions: readonly Instruction[];
}

interface How {
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly user: string;
  /** A folder in place of /data, which alone can be written. */
  readonly data?: string;
}

/**
 * A command in a root folder. Its mounts are in a namespace of its own: whatever happens, none is left when it ends, and
 * neither is a process.
 */
function inRoot(folder: string, script: string, { env, directory, user, data }: How): Deno.Command {
  const inner = `cd ${quoted(directory)} && ${script}`;
  const mounts = [
    "mount --make-rprivate /",
    `mount --bind ${folder} ${folder}`,
    `mount -t proc proc ${folder}/proc`,
    ...(data === undefined ? [] : [`mount --bind ${data} ${folder}/data`, `mount -o remount,ro,bind ${folder}`]),
  ];
  const limits = data === undefined ? "" : "--no-new-privs --bounding-set=-all --inh-caps=-all";
  const chroot = `exec chroot ${folder} setpriv --reuid=${user} --regid=${user} --init-groups ${limits} /bin/sh -c ${
    quoted(inner)
  }`;
  return new Deno.Command("unshare", {
    args: ["--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", [...mounts, chroot].join("\n")],
    clearEnv: true,
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function succeed(command: Deno.Command, what: string): Promise<void> {
  const { success, stdout, stderr } = await command.output();
  assert.ok(
    success,
    `${what}: ${new TextDecoder().decode(stdout).slice(-2000)}${new TextDecoder().decode(stderr).slice(-2000)}`,
  );
}

function shell(script: string): Deno.Command {
  return new Deno.Command("sh", { args: ["-ec", script], cwd: ROOT, stdin: "null", stdout: "piped", stderr: "piped" });
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What stands for the base image. */
async function base(folder: string): Promise<void> {
  await succeed(shell(`debootstrap --variant=minbase ${DEBIAN} ${folder} ${MIRROR}`), "debootstrap");
  await Deno.copyFile(Deno.execPath(), join(folder, "usr/bin/deno"));
  await Deno.chmod(join(folder, "usr/bin/deno"), 0o755);
  await Deno.copyFile("/etc/resolv.conf", join(folder, "etc/resolv.conf"));
  await succeed(shell(`mkdir -p ${folder}/etc/ssl && cp -rL /etc/ssl/certs ${folder}/etc/ssl/`), "certificates");
  await succeed(inRoot(folder, DENO_USER, { env: BASE_ENV, directory: "/", user: "root" }), "the user");
}

/** Takes a stage's steps, in a copy of the base of its own. */
async function build(
  instructions: readonly Instruction[],
  begun: string,
  folder: string,
  stages: ReadonlyMap<string, Built>,
): Promise<Built> {
  await succeed(shell(`cp -a --reflink=auto ${begun} ${folder}`), "a copy of the base");
  let [env, directory, user]: [Record<string, string>, string, string] = [BASE_ENV, "/", "root"];
  for (const { name, rest } of instructions) {
    if (name === "WORKDIR") {
      directory = rest;
      await Deno.mkdir(join(folder, directory), { recursive: true });
    } else if (name === "USER") user = rest;
    else if (name === "ENV") env = { ...env, ...envOf(rest) };
    else if (name === "RUN") await succeed(inRoot(folder, rest, { env, directory, user }), rest);
    else if (name === "COPY") await copy(rest, folder, directory, stages);
  }
  return { folder, env, directory, user, instructions };
}

async function copy(
  rest: string,
  folder: string,
  directory: string,
  stages: ReadonlyMap<string, Built>,
): Promise<void> {
  const { from, owner, words } = copyArguments(rest);
  const to = join(folder, words.at(-1)!.startsWith("/") ? words.at(-1)! : join(directory, words.at(-1)!));
  for (const word of words.slice(0, -1)) {
    if (from !== null) {
      await succeed(shell(`rm -rf ${to} && cp -a --reflink=auto ${join(stages.get(from)!.folder, word)} ${to}`), rest);
    } else if (word === ".") await copyContext(to);
    else await Deno.copyFile(join(ROOT, word), join(to, word));
  }
  const inside = to.slice(folder.length);
  if (owner !== null) {
    await succeed(inRoot(folder, `chown -R ${owner} ${inside}`, { env: BASE_ENV, directory: "/", user: "root" }), rest);
  }
}

/** What Docker would send: what git has, without what .dockerignore keeps out. */
async function copyContext(to: string): Promise<void> {
  const patterns = (await Deno.readTextFile(join(ROOT, ".dockerignore"))).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const { stdout } = await shell("git ls-files -co --exclude-standard -z").output();
  for (const path of new TextDecoder().decode(stdout).split("\0")) {
    if (path === "" || isIgnored(path, patterns)) continue;
    await Deno.mkdir(dirname(join(to, path)), { recursive: true });
    await Deno.copyFile(join(ROOT, path), join(to, path));
  }
}

const missing = Deno.build.os !== "linux" || Deno.uid() !== 0
  ? "only root may do that, on Linux"
  : await missingProgram("debootstrap", "unshare", "setpriv", "git");

testWhere(
  missing,
  "the Dockerfile's steps make a server that runs with a read-only root, and asks for keys",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "gramcast-image-" });
    try {
      const begun = join(folder, "base");
      await base(begun);
      const stages = new Map<string, Built>();
      for (const { name, instructions } of readDockerfile(await Deno.readTextFile(join(ROOT, "Dockerfile")))) {
        const key = name ?? "image";
        stages.set(key, await build(instructions, begun, join(folder, key), stages));
      }
      await serve(stages.get("image")!, join(folder, "data"));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Starts what the image starts, has it do its work and asks it to stop. @param data The volume. */
async function serve({ folder, env, directory, user, instructions }: Built, data: string): Promise<void> {
  // A volume begins as what the image has in its place.
  await succeed(shell(`cp -a ${folder}/data ${data}`), "the volume");
  const command = (name: string) => {
    const { rest } = instructions.find((instruction) => instruction.name === name)!;
    const words: string[] = JSON.parse(/\[.*\]/.exec(rest)![0]);
    return `exec ${words.map(quoted).join(" ")}`;
  };
  // `docker run -e PORT=…`: there is no network of its own here.
  const how = { env: { ...env, PORT: String(freePort()) }, directory, user, data };
  const child = inRoot(folder, command("CMD"), how).spawn();
  const lines: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of linesOf(stream)) lines.push(line);
  };
  const printed = Promise.all([read(child.stdout), read(child.stderr)]);
  let ended = false;
  const status = child.status.finally(() => ended = true);
  try {
    await until(() => ended || lines.some((line) => line.includes("#key=")));
    assert.ok(!ended, lines.join("\n"));
    const url = `http://127.0.0.1:${how.env.PORT}`;
    await succeed(inRoot(folder, command("HEALTHCHECK"), how), "the health check");
    await succeed(inRoot(folder, "deno task --quiet keys list", how), "the command for keys");
    assert.ok(
      !(await inRoot(folder, "touch /app/main.ts", { ...how, user: "root" }).output()).success,
      "a read-only root",
    );
    await assert.rejects(ask(url, "{ viewer { role } }"), /UNAUTHENTICATED/);
    const key = /gram_\w{49}/.exec(lines.join("\n"))![0];
    const headers = { authorization: `Bearer ${key}` };
    const picture = { content: { sample: "city-at-night" }, styles: [{ image: { sample: "starry-swirls" } }] };
    const id = await startTransfer(url, { ...picture, size: 32, steps: 2 }, headers);
    const statusOf = async () =>
      (await ask<{ transfer: { status: string } }>(url, `{ transfer(id: "${id}") { status } }`, {}, headers)).transfer
        .status;
    await until(async () => (await statusOf()) !== "QUEUED" && (await statusOf()) !== "RUNNING");
    assert.equal(await statusOf(), "SUCCEEDED", lines.join("\n"));
  } finally {
    // `unshare` itself heeds no signal while it waits for the process in its namespace.
    const inside = await Deno.readTextFile(`/proc/${child.pid}/task/${child.pid}/children`).catch(() => "");
    for (const pid of inside.trim().split(" ")) if (pid !== "") Deno.kill(Number(pid), "SIGTERM");
    await status;
    await printed;
  }
  assert.ok(lines.some((line) => line.includes("SIGTERM: stopping")), lines.join("\n"));
}
