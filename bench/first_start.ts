/**
 * What `deno task start` fetches where nothing is there yet: bytes of each npm package, unpacked on disk and over the wire.
 *
 *     deno task bench first_start [packages to list]
 *
 * @module
 */
import { row } from "./table.ts";

const listed = Number(Deno.args[0] ?? 12);
const home = await Deno.makeTempDir({ prefix: "gramcast_first_start_" });
const PACKAGES = `${home}/npm/registry.npmjs.org`;

/** Starts the server with nothing but this folder, and stops it once its engine computes. Gives what it has printed. */
async function start(): Promise<string> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["task", "start"],
    cwd: new URL("..", import.meta.url),
    env: { HOME: home, DENO_DIR: home, DATA_DIR: `${home}/data`, PORT: "0", ENGINE: "onnx:cpu", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let printed = "";
  let stopping = false;
  const reading = [server.stdout, server.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      printed += text;
      if (!printed.includes(" computes on ") || stopping) continue;
      stopping = true;
      server.kill("SIGTERM");
    }
  });
  await Promise.all([server.status, ...reading]);
  if (!stopping) throw new Error(`Cannot start:\n${printed}`);
  return printed;
}

/** Bytes of the files below a folder. */
async function bytesBelow(folder: string): Promise<number> {
  let sum = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    sum += isDirectory ? await bytesBelow(path) : (await Deno.stat(path)).size;
  }
  return sum;
}

/** Bytes of an archive as the registry sends it. */
async function bytesOf(archive: string): Promise<number> {
  const answer = await fetch(archive, { method: "HEAD" });
  return Number(answer.headers.get("content-length"));
}

/** `@scope/name` or `name` of a package's archive. */
function nameOf(archive: string): string {
  return new URL(archive).pathname.slice(1).split("/-/")[0]!;
}

try {
  const archives = new Set((await start()).match(/https:\/\/\S+\.tgz/g));
  const sizes = await Promise.all([...archives].map(async (archive) => ({
    name: nameOf(archive),
    unpacked: await bytesBelow(`${PACKAGES}/${nameOf(archive)}`),
    sent: await bytesOf(archive),
  })));
  sizes.sort((a, b) => b.unpacked - a.unpacked);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const sum = (of: readonly { unpacked: number; sent: number }[], key: "unpacked" | "sent") =>
    megabytes(of.reduce((total, size) => total + size[key], 0));
  console.log(row("package", "MB on disk", "MB over the wire"));
  console.log(row("---", "--:", "--:"));
  for (const { name, unpacked, sent } of sizes.slice(0, listed)) {
    console.log(row(name, megabytes(unpacked), megabytes(sent)));
  }
  const rest = sizes.slice(listed);
  if (rest.length > 0) console.log(row(`${rest.length} others`, sum(rest, "unpacked"), sum(rest, "sent")));
  console.log(row(`all ${sizes.length}`, sum(sizes, "unpacked"), sum(sizes, "sent")));
} finally {
  await Deno.remove(home, { recursive: true });
}
