import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteBudget } from "./byte_budget.ts";
import { Holdings } from "./holdings.ts";
import { JsonReader } from "./json_reader.ts";
import { readMultipart } from "./multipart.ts";
import { readParts } from "./multipart_reader.ts";
import { Spool } from "./spool.ts";
import { answerOf, type FakeServer, serveFake } from "./testing/serve_fake.ts";
import type { Upload } from "../schema/upload.ts";
import { TINY_PNG } from "../schema/testing/api_stage.ts";

const UPLOAD = "mutation ($file: File) { uploadImage(image: { upload: $file }) { image { byteLength } } }";
const OPERATIONS = JSON.stringify({ query: UPLOAD, variables: { file: null } });
const MAP = JSON.stringify({ 0: ["variables.file"] });

function form(parts: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(parts)) data.set(name, value);
  return data;
}

async function send(fake: FakeServer, body: BodyInit, headers: HeadersInit = {}) {
  return await answerOf(await fetch(`${fake.url}/graphql`, { method: "POST", body, headers }));
}

/** What `readMultipart` makes of a form, and the bytes of its file. */
async function readForm(body: FormData, limits: { maxFileBytes: number; maxJsonBytes: number }) {
  const folder = await Deno.makeTempDir();
  const memory = new ByteBudget(2 ** 30);
  const spool = new Spool(folder, 2 ** 20);
  const holdings = new Holdings(memory, spool);
  const json = new JsonReader();
  const { headers, body: stream } = new Response(body);
  try {
    const params = await readMultipart(headers.get("content-type")!, stream!, { holdings, json, ...limits });
    const file = params.variables?.["file"] as Upload;
    assert.equal(spool.budget.held, file.size);
    return await file.bytes();
  } finally {
    json.close();
    await holdings.release();
    assert.deepEqual([memory.held, spool.budget.held, [...Deno.readDirSync(folder)]], [0, 0, []]);
    await Deno.remove(folder);
  }
}

/** A stream that hands out `bytes` in pieces of `size`. */
function inPieces(bytes: Uint8Array<ArrayBuffer>, size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at += size));
    },
  });
}

Deno.test("readParts() reads what FormData writes, however the bytes arrive", async () => {
  const tricky = fc.array(fc.constantFrom("\r", "\n", "\r\n", "-", "--", "\r\n--", "a", "\0"), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom("operations", "0", "ä", "x y"), tricky, fc.boolean()), { maxLength: 4 }),
      fc.integer({ min: 1, max: 40 }),
      async (fields, size) => {
        const data = new FormData();
        // FormData rewrites line ends of text fields, so every part here is a file.
        for (const [name, text] of fields) data.append(name, new File([text.join("")], "f.bin"));
        const response = new Response(data);
        const boundary = /boundary=(.*)$/.exec(response.headers.get("content-type")!)![1]!;
        const read: [string, string | undefined, string][] = [];
        for await (const part of readParts(inPieces(await response.bytes(), size), boundary)) {
          const pieces = [];
          for await (const piece of part.pieces) pieces.push(piece);
          read.push([part.name, part.filename, await new Blob(pieces).text()]);
        }
        assert.deepEqual(read, fields.map(([name, text]) => [name, "f.bin", text.join("")]));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("readParts() says what is wrong with a body that is no multipart", async () => {
  const bodies = [
    "",
    "--b",
    "--b\r\n",
    "--bx",
    "no boundary at all",
    "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
    "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
    "--b\r\n\r\nx\r\n--b--",
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
    `--b\r\n${"x".repeat(9000)}\r\n\r\nx\r\n--b--`,
    `${"x".repeat(2000)}\r\n--b--`,
  ];
  for (const body of bodies) {
    const read = async () => {
      for await (const part of readParts(new Blob([body]).stream(), "b")) {
        for await (const _ of part.pieces) { /* to its end */ }
      }
    };
    await assert.rejects(read, (error: { message: string; extensions: { code: string } }) => {
      assert.equal(error.extensions.code, "BAD_REQUEST");
      assert.match(error.message, /^Cannot read multipart request: found /);
      return true;
    }, body.slice(0, 40));
  }
});

Deno.test("readMultipart() takes the parts in any order, and an empty body of parts not at all", async () => {
  const limits = { maxFileBytes: 10, maxJsonBytes: 1000 };
  const read = await readForm(form({ 0: new Blob(["x"]), map: MAP, operations: OPERATIONS }), limits);
  assert.equal(new TextDecoder().decode(read), "x");
  await assert.rejects(readForm(new FormData(), limits), /Cannot read multipart/);
});

Deno.test("a picture is uploaded in a multipart request, without any header of its own", async () => {
  await using fake = await serveFake();
  const answer = await send(fake, form({ operations: OPERATIONS, map: MAP, 0: new File([TINY_PNG], "a.png") }));
  assert.deepEqual(answer.data, { uploadImage: { image: { byteLength: TINY_PNG.byteLength } } });
});

const file = () => new Blob([TINY_PNG]);
const deep = `variables.${Array(20).fill("a").join(".")}`;
const ABUSE: [name: string, parts: Record<string, string | Blob>, code: string, status: number][] = [
  ["no operations", { map: MAP, 0: file() }, "BAD_REQUEST", 400],
  ["operations that are no JSON", { operations: "{", map: MAP, 0: file() }, "BAD_REQUEST", 400],
  ["a batch", { operations: `[${OPERATIONS}]`, map: MAP, 0: file() }, "BAD_REQUEST", 400],
  ["operations that are null", { operations: "null", map: MAP, 0: file() }, "BAD_REQUEST", 400],
  ["a map that is a list", { operations: OPERATIONS, map: "[]", 0: file() }, "BAD_REQUEST", 400],
  ["a map of texts", { operations: OPERATIONS, map: '{"0":"variables.file"}', 0: file() }, "BAD_REQUEST", 400],
  ["a map of numbers", { operations: OPERATIONS, map: '{"0":[1]}', 0: file() }, "BAD_REQUEST", 400],
  ["a map to nothing", { operations: OPERATIONS, map: '{"0":["variables.other"]}', 0: file() }, "BAD_REQUEST", 400],
  ["a map to the query", { operations: OPERATIONS, map: '{"0":["query"]}', 0: file() }, "BAD_REQUEST", 400],
  [
    "a map to a prototype",
    { operations: OPERATIONS, map: '{"0":["variables.__proto__.x"]}', 0: file() },
    "BAD_REQUEST",
    400,
  ],
  ["a map too deep", { operations: OPERATIONS, map: JSON.stringify({ 0: [deep] }), 0: file() }, "BAD_REQUEST", 400],
  ["a file that is not there", { operations: OPERATIONS, map: MAP }, "BAD_REQUEST", 400],
  [
    "too many files",
    {
      operations: OPERATIONS,
      map: MAP,
      ...Object.fromEntries(Array.from({ length: 33 }, (_, i) => [String(i), file()])),
    },
    "BAD_REQUEST",
    400,
  ],
  [
    "too large a file",
    { operations: OPERATIONS, map: MAP, 0: new Blob([new Uint8Array(5000)]) },
    "IMAGE_TOO_LARGE",
    413,
  ],
  ["a file that is no picture", { operations: OPERATIONS, map: MAP, 0: new Blob(["text"]) }, "IMAGE_UNREADABLE", 200],
];
for (const [name, parts, code, status] of ABUSE) {
  Deno.test(`a multipart request with ${name} is refused with ${code}`, async () => {
    await using fake = await serveFake();
    const answer = await send(fake, form(parts));
    assert.deepEqual([answer.errors[0]!.extensions.code, answer.status], [code, status]);
    assert.match(answer.errors[0]!.message, /^Cannot [^\n]+[^.]$/);
    assert.deepEqual(fake.log, []);
  });
}

Deno.test("a multipart request may have 32 files, and operations as large as a JSON body", async () => {
  await using fake = await serveFake();
  const files = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [String(i), file()]));
  const { errors } = await send(fake, form({ operations: OPERATIONS + " ".repeat(2 ** 19), map: MAP, ...files }));
  assert.deepEqual(errors, []);
  const long = form({ operations: OPERATIONS + " ".repeat(2 ** 21), map: MAP, 0: file() });
  const read = await readForm(long, { maxJsonBytes: 2 ** 22, maxFileBytes: 1000 });
  assert.equal(read.toHex(), TINY_PNG.toHex());
});

Deno.test("readMultipart() refuses operations that are longer than a JSON body may be", async () => {
  const long = form({ operations: OPERATIONS, map: MAP });
  await assert.rejects(readForm(long, { maxJsonBytes: 20, maxFileBytes: 1000 }), {
    message: "Cannot read operations of more than 20 bytes",
  });
});

Deno.test("readParts() takes a name from where it stands, not out of a file's name", async () => {
  const header = 'Content-Disposition: form-data; filename="a; name=evil.png"; Name="0"';
  for await (const part of readParts(new Blob([`--b\r\n${header}\r\n\r\nx\r\n--b--`]).stream(), "b")) {
    assert.equal(part.name, "0");
    for await (const _ of part.pieces) { /* to its end */ }
  }
});

Deno.test("a multipart request without a boundary, or cut off, is refused with BAD_REQUEST", async () => {
  await using fake = await serveFake();
  for (const type of ["multipart/form-data", "multipart/form-data; boundary=b"]) {
    const answer = await send(fake, "--b\r\nContent-Disposition: form-data; name=operations\r\n\r\n{", {
      "content-type": type,
    });
    assert.deepEqual([answer.errors[0]!.extensions.code, answer.status], ["BAD_REQUEST", 400]);
  }
});

Deno.test("a multipart body that is too large as a whole is refused by its announced length", async () => {
  await using fake = await serveFake();
  const answer = await send(fake, form({ operations: OPERATIONS, map: MAP, 0: new Blob([new Uint8Array(2 ** 21)]) }));
  assert.deepEqual([answer.errors[0]!.extensions.code, answer.status], ["REQUEST_ENTITY_TOO_LARGE", 413]);
});
