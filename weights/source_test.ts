import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { KERAS_VGG16, remoteFile, WeightsSource } from "./source.ts";
import { fixturePath } from "./testing/small_weights.ts";

const H5 = Deno.readFileSync(fixturePath("keras.h5"));
const MD5 = createHash("md5").update(H5).digest("hex");

/** Runs with a fresh DATA_DIR and a host that serves one file. */
async function withHost(
  answer: () => Response | Promise<Response>,
  run: (context: { dataDir: string; url: string; lines: string[]; log: (line: string) => void }) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  const dataDir = await Deno.makeTempDir();
  const lines: string[] = [];
  const url = `http://127.0.0.1:${server.addr.port}/vgg16.h5`;
  try {
    await run({ dataDir, url, lines, log: (line) => lines.push(line) });
  } finally {
    await server.shutdown();
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("auto starts on the built-in filters and takes the download when it is there", async () => {
  const gate = Promise.withResolvers<void>();
  await withHost(() => gate.promise.then(() => new Response(H5)), async ({ dataDir, url, lines, log }) => {
    await using source = await WeightsSource.open({ weights: "auto", weightsUrl: url, dataDir }, log);
    assert.equal(source.current.origin, "BUILTIN");
    assert.match(source.current.note!, /the pre-trained VGG16 is being downloaded$/);
    const changes: string[] = [];
    source.onChange(({ origin }) => changes.push(origin));
    gate.resolve();
    await source.settled;
    assert.equal(source.current.origin, "PRETRAINED");
    assert.equal(source.current.name, "vgg16.h5");
    assert.deepEqual(changes, ["PRETRAINED"]);
    assert.ok(lines.some((line) => line.startsWith("Downloading weights vgg16.h5: 100 %")), lines.join("\n"));

    await using again = await WeightsSource.open({ weights: "auto", weightsUrl: "http://host.invalid/", dataDir }, log);
    assert.equal(again.current.sha256, source.current.sha256);
  });
});

Deno.test("auto stays on the built-in filters when the host is out of reach, and says so", async () => {
  await withHost(() => new Response(), async ({ dataDir, lines, log }) => {
    const settings = { weights: "auto", weightsUrl: "http://host.invalid/vgg16.h5", dataDir };
    await using source = await WeightsSource.open(settings, log);
    await source.settled;
    assert.equal(source.current.origin, "BUILTIN");
    assert.match(source.current.note!, /Cannot download weights from host.invalid: it is out of reach/);
    assert.match(lines.at(-1)!, /^Using built-in weights .*out of reach/);
  });
});

Deno.test("auto passes over a broken file", async () => {
  await withHost(() => new Response(null, { status: 404 }), async ({ dataDir, url, lines, log }) => {
    await Deno.mkdir(join(dataDir, "weights"));
    await Deno.writeFile(join(dataDir, "weights", "a.h5"), H5.slice(0, 900));
    await Deno.writeFile(join(dataDir, "weights", "b.h5"), H5);
    await using source = await WeightsSource.open({ weights: "auto", weightsUrl: url, dataDir }, log);
    assert.equal(source.current.name, "b.h5");
    assert.match(lines[0]!, /^Cannot read weights a.h5: /);
  });
});

Deno.test("pretrained refuses to start without them, builtin never tries", async () => {
  let asked = 0;
  const answer = () => {
    asked++;
    return new Response("no", { status: 404 });
  };
  await withHost(answer, async ({ dataDir, url, log }) => {
    await assert.rejects(WeightsSource.open({ weights: "pretrained", weightsUrl: url, dataDir }, log), {
      code: "WEIGHTS_UNAVAILABLE",
    });
    assert.equal(asked, 1);
    await using source = await WeightsSource.open({ weights: "builtin", weightsUrl: url, dataDir }, log);
    assert.equal(source.current.origin, "BUILTIN");
    assert.equal(asked, 1);
  });
});

Deno.test("a fetched file that holds no weights is not kept", async () => {
  await withHost(() => new Response("<html>"), async ({ dataDir, url, log }) => {
    await assert.rejects(WeightsSource.open({ weights: "pretrained", weightsUrl: url, dataDir }, log), {
      code: "WEIGHTS_UNREADABLE",
    });
    assert.deepEqual([...Deno.readDirSync(join(dataDir, "weights"))], []);
  });
});

Deno.test("a path is loaded, or stops the start", async () => {
  const settings = { weightsUrl: null, dataDir: "unused" };
  await using source = await WeightsSource.open({ ...settings, weights: fixturePath("stored.npz") }, () => {});
  assert.equal(source.current.name, "stored.npz");
  await assert.rejects(WeightsSource.open({ ...settings, weights: "none.npz" }, () => {}), {
    code: "WEIGHTS_UNREADABLE",
  });
});

Deno.test("disposing ends a download that is under way", async () => {
  const silence = Promise.withResolvers<Response>();
  await withHost(() => silence.promise, async ({ dataDir, url, log }) => {
    const source = await WeightsSource.open({ weights: "auto", weightsUrl: url, dataDir }, log);
    await source[Symbol.asyncDispose]();
    assert.equal(source.current.origin, "BUILTIN");
    silence.resolve(new Response());
  });
});

Deno.test("an address says what its file must be", () => {
  assert.equal(remoteFile(null), KERAS_VGG16);
  const name = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5";
  const mirror = remoteFile(`https://mirror.example/${name}`);
  assert.deepEqual([mirror.bytes, mirror.md5], [KERAS_VGG16.bytes, KERAS_VGG16.md5]);
  assert.deepEqual(remoteFile(`https://a.example/x.npz#md5=${MD5.toUpperCase()}`).md5, MD5);
  assert.deepEqual(remoteFile("https://a.example/x.npz").md5, null);
});
