import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonLog, lineLog } from "./log.ts";
import { inLogScope, outOfScope } from "./log_scope.ts";

/** A log of one kind, and what it has written. */
function logs() {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  return { lines, text: lineLog(write, write), json: jsonLog(write, () => new Date(0)) };
}

Deno.test("lineLog() lets no control character through, and leaves every other one alone", () => {
  const { lines, text } = logs();
  text.info("Äpfel, 漢字, 🏊 and a\ttab");
  text.warn("\x1b[2J\x1b]0;title\x07 one\r\ntwo\x7f\x9b\u202e\u2028\ud800");
  assert.deepEqual(lines, [
    "Äpfel, 漢字, 🏊 and a\\u{9}tab",
    "\\u{1b}[2J\\u{1b}]0;title\\u{7} one\\u{d}\\u{a}two\\u{7f}\\u{9b}\\u{202e}\\u{2028}\\u{d800}",
  ]);
});

Deno.test("jsonLog() writes an object a line, with the fields of the line and of the scopes around it", async () => {
  const { lines, json } = logs();
  await inLogScope({ requestId: "r" }, async () => {
    await Promise.resolve();
    json.info("Transfer queued", { event: "transfer.queued", transferId: "t" });
    inLogScope({ transferId: "u" }, () => json.warn("one\ntwo"));
    outOfScope(() => json.info("of the server", { count: 3, late: null }));
  });
  const time = "1970-01-01T00:00:00.000Z";
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [
    { time, level: "info", message: "Transfer queued", requestId: "r", event: "transfer.queued", transferId: "t" },
    { time, level: "warn", message: "one\\u{a}two", requestId: "r", transferId: "u" },
    { time, level: "info", message: "of the server", count: 3, late: null },
  ]);
});

Deno.test("a log has of an address the scheme, the host and the path, and says what it is about all the same", () => {
  const { lines, text } = logs();
  text.info('Cannot fetch "https://ann:pass@pictures.example:8080/a/b.jpg?sig=x&y#z": found 404, wanted 200');
  text.info("GET /images/12ab?access=17.abc was answered; see //box/c?d, and /home/ann/data/a/file.png");
  text.info("open http://box/#key=gram_0123, Authorization: Bearer abc.def or eyJhbGciOi.eyJzdWIi.c2ln");
  text.info(`file:///srv/gramcast/server/http.ts:12:34, sha256 ${"0a".repeat(32)}, data:image/png;base64,AAAA`);
  assert.deepEqual(lines, [
    'Cannot fetch "https://pictures.example:8080/a/b.jpg?[…]": found 404, wanted 200',
    "GET /images/12ab?[…] was answered; see //box/c?[…] and /home/ann/data/a/file.png",
    "open http://box/?[…] Authorization: […] or […]",
    `file:///srv/gramcast/server/http.ts:12:34, sha256 ${"0a".repeat(32)}, data:[…]`,
  ]);
});

const base64 = fc.uint8Array({ minLength: 300, maxLength: 400 }).map((bytes) => bytes.toBase64());
/** Nothing that a message has by chance. */
const secret = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/).map((text) => `S3cret${text}`);
const address = fc.tuple(fc.webUrl({ withQueryParameters: true, withFragments: true }), secret, secret).map(
  ([url, password, query]) => {
    const changed = new URL(url);
    changed.username = "ann";
    changed.password = password;
    changed.searchParams.append("sig'`", query);
    changed.hash = query;
    return { text: changed.href, secrets: [password, query] };
  },
);
const leak = fc.oneof(
  address,
  secret.map((text) => ({ text: `Bearer ${text}`, secrets: [text] })),
  secret.map((text) => ({ text: `gram_${text}`, secrets: [text] })),
  secret.map((text) => ({ text: `/transfers/1/result.png?access=${text}`, secrets: [text] })),
  base64.map((text) => ({ text, secrets: [text.slice(0, 80), text.slice(-80)] })),
  base64.map((text) => ({ text: `data:image/jpeg;base64,${text}`, secrets: [text.slice(0, 30)] })),
);
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

Deno.test("no log holds a control character, a picture, a key, a query or a password, wherever they stand", () => {
  fc.assert(fc.property(
    leak,
    fc.string({ unit: "binary", maxLength: 50 }),
    fc.constantFrom(" ", '"', ": ", "\n", "(", "<"),
    fc.string({ unit: "binary", maxLength: 50 }),
    (leak, before, between, after) => {
      const { lines, text, json } = logs();
      const message = `${before}${between}${leak.text} ${after}`;
      text.warn(message);
      json.info(message, { event: "x", about: message });
      inLogScope({ about: message }, () => json.info(""));
      assert.equal(lines.length, 3);
      for (const line of lines) {
        assert.doesNotMatch(line, CONTROL);
        for (const secret of leak.secrets) assert.ok(!line.includes(secret), line);
      }
      assert.doesNotThrow(() => lines.slice(1).forEach((line) => JSON.parse(line)));
    },
  ));
});
