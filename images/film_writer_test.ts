import assert from "node:assert/strict";
import { testWhere } from "../tests/testing/test_where.ts";
import { inTime, until } from "../tests/testing/in_time.ts";
import { type ErrorCode, GramcastError } from "../errors.ts";
import { FilmWriter } from "./film_writer.ts";
import { fakeProgram, FFMPEG, NO_FFMPEG, plain } from "./testing/films.ts";
import { inFolder } from "../tests/testing/in_folder.ts";

const SIZE = { width: 16, height: 16 };
const FRAME = await plain([1, 2, 3], 16, 16);
const FOOTAGE = { frames: [FRAME, FRAME], size: SIZE, delays: [40, 40] };
const NO_SHELL = Deno.build.os === "windows" ? "no shell here" : null;
/** Takes all frames, and writes how many bytes that were. */
const COUNTS = 'wc -c > "$film"';

/** What an error has to be. */
function refusal(code: ErrorCode, message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof GramcastError, String(error));
    assert.equal(error.code, code);
    assert.ok(error.message.includes(message), error.message);
    return true;
  };
}

const never = () => new AbortController().signal;

/** Films that are being written, or were left. */
function parts(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".part"));
}

/** Writes films by a script that does not end while there is a file `slow`, and then makes a file `begun`. */
async function slowWriter(folder: string): Promise<FilmWriter> {
  const wait = `[ -e ${folder}/slow ] && { touch ${folder}/begun; exec sleep 1000; }`;
  const writer = await FilmWriter.open({ command: await fakeProgram(folder, `${wait}; ${COUNTS}`) }, folder);
  await Deno.writeTextFile(`${folder}/slow`, "");
  return writer;
}

Deno.test("a program that is not there, or writes no films, is refused in its own last words", () =>
  inFolder(async (folder) => {
    await assert.rejects(
      FilmWriter.open({ command: "no-such-program" }, folder),
      refusal("BAD_USER_INPUT", 'Cannot use FFMPEG="no-such-program": found no such program; wanted FFmpeg 5.1'),
    );
    if (NO_SHELL) return;
    const failing = await fakeProgram(folder, "cat > /dev/null; echo one >&2; echo Unknown encoder >&2; exit 1");
    await assert.rejects(
      FilmWriter.open({ command: failing }, folder),
      refusal("BAD_USER_INPUT", `Cannot use FFMPEG="${failing}": Unknown encoder; wanted FFmpeg 5.1`),
    );
    // One that reads nothing.
    const deaf = await fakeProgram(folder, "exit 3");
    await assert.rejects(
      FilmWriter.open({ command: deaf }, folder),
      refusal("BAD_USER_INPUT", "it ended without a word"),
    );
    const idle = await fakeProgram(folder, "cat > /dev/null");
    await assert.rejects(FilmWriter.open({ command: idle }, folder), refusal("BAD_USER_INPUT", "it wrote nothing"));
    const hanging = await fakeProgram(folder, "exec sleep 1000");
    await assert.rejects(FilmWriter.open({ command: hanging }, folder, 1), refusal("BAD_USER_INPUT", "more than"));
    assert.deepEqual(parts(folder), []);
  }));

testWhere(NO_FFMPEG, "FFmpeg is taken", () => inFolder(async (folder) => void await FilmWriter.open(FFMPEG, folder)));

testWhere(
  NO_SHELL,
  "a program is given the pixels and sees no variable but those it is told",
  () =>
    inFolder(async (folder) => {
      Deno.env.set("A_SECRET", "hush");
      const program = await fakeProgram(folder, `${COUNTS}; env >> "$film"`);
      const writer = await FilmWriter.open({ command: program, env: { PATH: "/usr/bin:/bin" } }, folder);
      const text = new TextDecoder().decode(await writer.write(FOOTAGE, never()));
      Deno.env.delete("A_SECRET");
      assert.match(text, new RegExp(`^\\s*${2 * 3 * 16 * 16}\n`));
      assert.match(text, /^PATH=\/usr\/bin:\/bin$/m);
      assert.doesNotMatch(text, /hush/);
      assert.deepEqual(parts(folder), []);
    }),
);

testWhere(
  NO_SHELL,
  "films are written one at a time; who leaves ends its own, and too many are refused",
  () =>
    inFolder(async (folder) => {
      const writer = await slowWriter(folder);
      const leaving = Array.from({ length: 8 }, () => new AbortController());
      const all = leaving.map(({ signal }) => writer.write(FOOTAGE, signal));
      all.forEach((film) => film.catch(() => {}));
      await assert.rejects(writer.write(FOOTAGE, never()), refusal("QUEUE_FULL", "found 8 others under way"));
      // One that waits makes room at once.
      leaving[5]!.abort(new Error("left"));
      await assert.rejects(all[5]!, /^Error: left$/);
      await until(() => Deno.stat(`${folder}/begun`).then(() => true, () => false));
      await Deno.remove(`${folder}/slow`);
      const last = writer.write(FOOTAGE, never());
      leaving[0]!.abort(new Error("left"));
      await assert.rejects(all[0]!, /^Error: left$/);
      const counted = String(2 * 3 * 16 * 16);
      for (const film of [...all.slice(1, 5), ...all.slice(6), last]) {
        assert.equal(new TextDecoder().decode(await film).trim(), counted);
      }
      assert.deepEqual(parts(folder), []);
    }),
);

testWhere(
  NO_SHELL,
  "a film that takes too long, and one whose frames cannot be read, is given up",
  () =>
    inFolder(async (folder) => {
      const writer = await slowWriter(folder);
      await assert.rejects(writer.write(FOOTAGE, never(), 1), refusal("FORMAT_UNAVAILABLE", "take WebP or GIF"));
      await Deno.remove(`${folder}/slow`);
      const gone = (async function* () {
        yield FRAME;
        await Promise.resolve();
        throw new Error("the frame has been removed");
      })();
      await assert.rejects(writer.write({ ...FOOTAGE, frames: gone }, never()), /the frame has been removed/);
      assert.equal((await writer.write(FOOTAGE, never())).byteLength > 0, true);
      assert.deepEqual(parts(folder), []);
    }),
);

testWhere(
  NO_SHELL,
  "what a program has started and left running is not waited for",
  () =>
    inFolder(async (folder) => {
      const running = `while [ ! -e ${folder}/over ]; do sleep 0.1; done`;
      try {
        for (const [end, wanted] of [["exit 1", /without a word/], [running, /more than/]] as const) {
          const command = await fakeProgram(folder, `(${running}) & ${end}`);
          await inTime(assert.rejects(FilmWriter.open({ command }, folder, 100), wanted));
        }
      } finally {
        await Deno.writeTextFile(`${folder}/over`, "");
      }
    }),
);

testWhere(NO_SHELL, "what a process has left behind is removed, and nothing else", () =>
  inFolder(async (folder) => {
    const names = [
      "film-0b0e8f9a-34a6-4a7e-9b0c-1f9a3f0b8a11.part",
      "film-1b0e8f9a-34a6-4a7e-9b0c-1f9a3f0b8a11.part",
      "x.part",
    ];
    for (const name of names) await Deno.writeTextFile(`${folder}/${name}`, "");
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [names[0]!, names[2]!]) await Deno.utime(`${folder}/${name}`, old, old);
    await FilmWriter.open({ command: await fakeProgram(folder, COUNTS) }, folder);
    assert.deepEqual(parts(folder).sort(), names.slice(1));
  }));
