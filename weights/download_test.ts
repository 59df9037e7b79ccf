import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download, type DownloadOptions, type RemoteFile, type WritableFile } from "./download.ts";

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
const MD5 = createHash("md5").update(CONTENT).digest("hex");

type Answer = (request: Request, attempt: number) => Response | Promise<Response>;

/** Serves answers, downloads from there to a fresh folder, and gives what lies in the folder afterwards. */
async function downloadFrom(
  answer: Answer,
  remote: Partial<RemoteFile> = {},
  options: DownloadOptions = {},
): Promise<{ files: string[]; bytes: Uint8Array | null; requests: Request[]; error: unknown }> {
  const requests: Request[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    requests.push(request);
    return answer(request, requests.length);
  });
  const folder = await Deno.makeTempDir();
  try {
    const url = `http://127.0.0.1:${server.addr.port}/vgg16.h5`;
    const target = join(folder, "weights", "vgg16.h5");
    const file = { url, bytes: CONTENT.length, md5: MD5, ...remote };
    const error = await download(file, target, { pause: () => Promise.resolve(), ...options }).then(
      () => null,
      (reason: unknown) => reason,
    );
    const files = [...Deno.readDirSync(join(folder, "weights"))].map(({ name }) => name);
    return { files, bytes: files.length > 0 ? Deno.readFileSync(target) : null, requests, error };
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Sends the beginning of what is asked for and then breaks the connection. */
function broken(content: Uint8Array<ArrayBuffer>, sent: number, init: ResponseInit): Response {
  let piece = content.slice(0, sent);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (piece.length > 0) controller.enqueue(piece);
      else controller.error(new Error("broken on purpose"));
      piece = new Uint8Array(0);
    },
  });
  return new Response(body, init);
}

/** A host that keeps to ranges and breaks after `sent` bytes. */
function breakingHost(sent: number): Answer {
  return (request, attempt) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    const headers = { etag: '"one"', "content-range": `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}` };
    const status = start > 0 ? 206 : 200;
    const rest = CONTENT.slice(start);
    return attempt < 4 ? broken(rest, sent, { status, headers }) : new Response(rest, { status, headers });
  };
}

Deno.test("a whole file arrives under its name, with progress", async () => {
  const seen: number[] = [];
  const { files, bytes, error } = await downloadFrom(() => new Response(CONTENT), {}, {
    onProgress: (done, total) => {
      assert.equal(total, CONTENT.length);
      seen.push(done);
    },
  });
  assert.equal(error, null);
  assert.deepEqual(files, ["vgg16.h5"]);
  assert.deepEqual(bytes, CONTENT);
  assert.equal(seen.at(-1), CONTENT.length);
});

Deno.test("a broken connection is taken up where it broke", async () => {
  const { bytes, error, requests } = await downloadFrom(breakingHost(70_000));
  assert.equal(error, null);
  assert.deepEqual(bytes, CONTENT);
  const starts = requests.map((request) => request.headers.get("range"));
  assert.deepEqual(starts, [null, "bytes=70000-", "bytes=140000-", "bytes=210000-"]);
  assert.equal(requests[1]!.headers.get("if-range"), '"one"');
});

Deno.test("a host that does not know ranges sends all again", async () => {
  const { bytes, error } = await downloadFrom((_request, attempt) =>
    attempt === 1 ? broken(CONTENT, 70_000, {}) : new Response(CONTENT)
  );
  assert.equal(error, null);
  assert.deepEqual(bytes, CONTENT);
});

Deno.test("attempts are bounded", async () => {
  const { error, files, requests } = await downloadFrom(() => new Response(null, { status: 503 }));
  assert.match(
    String(error),
    /Cannot download weights from 127.0.0.1:\d+: it broke off 5 times, wanted the whole file$/,
  );
  assert.equal(requests.length, 5);
  assert.deepEqual(files, []);
});

Deno.test("a redirect is followed", async () => {
  const { bytes, error } = await downloadFrom((request, attempt) =>
    attempt === 1 ? Response.redirect(new URL("/elsewhere.h5", request.url)) : new Response(CONTENT)
  );
  assert.equal(error, null);
  assert.deepEqual(bytes, CONTENT);
});

const REFUSALS: [string, Answer, Partial<RemoteFile>, RegExp][] = [
  [
    "a wrong checksum",
    () => new Response(CONTENT.with(5, 1)),
    {},
    /its file has the md5 [0-9a-f]{32}, wanted [0-9a-f]{32}$/,
  ],
  ["404", () => new Response("no", { status: 404 }), {}, /it answered 404, wanted 200$/],
  ["another size", () => new Response(CONTENT.slice(1)), {}, /its file has 299999 bytes, wanted 300000$/],
  [
    "more bytes than there should be",
    () => new Response(new Blob([CONTENT, CONTENT]).stream()),
    {},
    /it goes on and on, wanted 300000 bytes$/,
  ],
  [
    "a host without a name in the DNS",
    () => new Response(),
    { url: "http://host.invalid/x.h5" },
    /host.invalid: it is out/,
  ],
];
for (const [title, answer, remote, message] of REFUSALS) {
  Deno.test(`${title} leaves nothing behind`, async () => {
    const { error, files } = await downloadFrom(answer, remote);
    assert.equal((error as { code?: string }).code, "WEIGHTS_UNAVAILABLE");
    assert.match((error as Error).message, message);
    assert.deepEqual(files, []);
  });
}

Deno.test("a host that takes the connection and says nothing is given up", async () => {
  const silence: Answer = (request) =>
    new Promise((answer) => request.signal.addEventListener("abort", () => answer(new Response())));
  const { error, files } = await downloadFrom(silence, {}, { answerTimeout: 50 });
  assert.match(String(error), /it is out of reach, wanted an answer within 5 seconds$/);
  assert.deepEqual(files, []);
});

Deno.test("a refused connection is given up at once", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  const { error } = await downloadFrom(() => new Response(), { url: `http://127.0.0.1:${port}/x.h5` });
  assert.match(String(error), /it is out of reach/);
});

Deno.test("a connection that stalls counts as broken", async () => {
  const { bytes, error } = await downloadFrom(
    (request, attempt) => {
      if (attempt > 1) return breakingHost(0)(request, 4);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(CONTENT.slice(0, 1000)),
      });
      return new Response(body);
    },
    {},
    { stallTimeout: 100 },
  );
  assert.equal(error, null);
  assert.deepEqual(bytes, CONTENT);
});

Deno.test("a full disk is said, and nothing is left behind", async () => {
  const openFile = async (path: string): Promise<WritableFile> => {
    const file = await Deno.open(path, { write: true, create: true, truncate: true });
    return {
      write: () =>
        Promise.reject(Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" })),
      truncate: (length) => file.truncate(length),
      seek: (offset, whence) => file.seek(offset, whence),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  };
  const { error, files } = await downloadFrom(() => new Response(CONTENT), {}, { openFile });
  assert.equal((error as { code?: string }).code, "STORAGE_FULL");
  assert.equal((error as Error).message, "Cannot keep weights: the disk is full, wanted room for 300000 bytes");
  assert.deepEqual(files, []);
});

Deno.test("a download can be ended", async () => {
  const controller = new AbortController();
  const { error, files } = await downloadFrom(() => new Response(CONTENT), {}, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  assert.match(String(error), /enough/);
  assert.deepEqual(files, []);
});
