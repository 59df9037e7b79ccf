import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodePicture } from "../images/decode.ts";
import { recogniseFormat } from "../images/format.ts";
import { sharp } from "../images/sharp.ts";
import { readTiming } from "../images/timing.ts";
import { readRecipe } from "../images/xmp.ts";
import { testWhere } from "../tests/testing/test_where.ts";
import { factsOf, fakeProgram, NO_FFMPEG } from "../images/testing/films.ts";
import { MOVING_TIMING, movingContent } from "../transfers/testing/moving_content.ts";
import { inFolder } from "../tests/testing/in_folder.ts";

const PROGRAM = fileURLToPath(new URL("./transfer.ts", import.meta.url));
const LIMITS = { maxBytes: 1e6, maxPixels: 1e6 };
/** Small, and the same everywhere. */
const SETTINGS = ["--weights", "auto", "--engine", "onnx:cpu"];
const PICTURES = ["--content", "city-at-night", "--style", "starry-swirls"];

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-env", `--allow-run=${Deno.execPath()}`, PROGRAM, ...SETTINGS, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return await runWith("", ...args);
}

/** The same, as `deno task transfer` has it that is told what writes films. */
async function runWith(ffmpeg: string, ...args: string[]) {
  const { code, stdout, stderr } = await start(args, { FFMPEG: ffmpeg }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function sizeOf(folder: string, name: string): Promise<string> {
  const { width, height } = await decodePicture(await Deno.readFile(join(folder, name)), LIMITS);
  return `${width}×${height}`;
}

Deno.test("a transfer prints its losses, keeps the frames that were asked for, and ends with result and plot", () =>
  inFolder(async (folder) => {
    const out = join(folder, "new", "folder");
    const { code, out: text, err } = await run(
      ...[...PICTURES, "--out", out, "--preset", "classic", "--size", "48", "--steps", "4", "--frames", "1,3,9"],
    );
    assert.equal(code, 0, err);
    assert.deepEqual(filesOf(out), ["losses.svg", "res_1.jpg", "res_3.jpg", "result.png"]);
    for (const name of ["res_1.jpg", "res_3.jpg", "result.png"]) assert.equal(await sizeOf(out, name), "48×32");
    const lines = text.trimEnd().split("\n");
    assert.equal(lines.length, 5);
    const totals = lines.slice(0, 4).map((line, i) => {
      const match = /^step (\d)\/4 {2}48×32 {2}total (\S+) {2}content (\S+) {2}style (\S+) {2}\d+\.\d\d s$/.exec(line);
      assert.ok(match, line);
      const [step, total, content, style] = match.slice(1).map(Number);
      assert.equal(step, i + 1);
      assert.ok(Math.abs(0.1 * content! + 500 * style! - total!) < 1e-3 * total!, "total = 0.1 content + 500 style");
      return total!;
    });
    assert.ok(totals[3]! < totals[0]!, totals.join(" "));
    assert.equal(lines[4], `Wrote ${join(out, "result.png")} and losses.svg`);
    assert.match(err, /^Weights: vgg16_convolutions_f16\.npz$/m);
    assert.match(await Deno.readTextFile(join(out, "losses.svg")), /^<svg [\s\S]*<\/svg>\n$/);
  }));

Deno.test("the same seed gives the same picture, several styles and files of one's own are taken", () =>
  inFolder(async (folder) => {
    const own = join(folder, "own.png");
    const first = await run(...PICTURES, "--out", folder, "--size", "32", "--steps", "2", "--seed", "3");
    assert.equal(first.code, 0, first.err);
    await Deno.rename(join(folder, "result.png"), own);
    const again = await run(...PICTURES, "--out", folder, "--size", "32", "--steps", "2", "--seed", "3");
    assert.equal(again.code, 0, again.err);
    assert.deepEqual(await Deno.readFile(join(folder, "result.png")), await Deno.readFile(own));
    const mixed = await run(
      ...["--content", own, "--style", "woodcut-waves", "--style", own, "--style-weights", "1,0.5"],
      ...["--scales", "32:1,40:2", "--frames", "every:2", "--out", join(folder, "mixed")],
    );
    assert.equal(mixed.code, 0, mixed.err);
    assert.deepEqual(filesOf(join(folder, "mixed")), ["losses.svg", "res_2.jpg", "result.png"]);
  }));

Deno.test("Ctrl-C stops after the step under way, keeps what was reached, and leaves no half file", () =>
  inFolder(async (folder) => {
    await using child = start([...PICTURES, "--out", folder, "--size", "32", "--steps", "5000", "--frames", "every:1"]);
    const errors = new Response(child.stderr).text();
    let text = "";
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      const before = text;
      text += part;
      if (!before.includes("step    3/") && text.includes("step    3/")) child.kill("SIGINT");
    }
    assert.equal((await child.status).code, 130, await errors);
    const stopped = /\nStopped at step (\d+) of 5000\. Wrote .*result\.png and losses\.svg\n$/.exec(text);
    assert.ok(stopped, text.slice(-300));
    const steps = Number(stopped[1]);
    assert.ok(steps >= 3 && steps < 5000);
    const frames = Array.from({ length: steps }, (_, i) => `res_${i + 1}.jpg`);
    assert.deepEqual(filesOf(folder), [...frames, "losses.svg", "result.png"].sort());
    for (const name of [...frames.slice(-2), "result.png"]) assert.equal(await sizeOf(folder, name), "32×21");
    assert.match(await errors, /\nStopping after this step; press Ctrl-C again to stop at once\n$/);
  }));

Deno.test("what a user can mend is said in one line", () =>
  inFolder(async (folder) => {
    const file = join(folder, "file.txt");
    await Deno.writeTextFile(file, "no picture");
    const small = ["--size", "32", "--steps", "1"];
    const cases: readonly [string[], RegExp][] = [
      [
        ["--content", "nothing.jpg", "--style", "geometry", "--out", folder],
        /^Cannot find picture "nothing\.jpg": wanted a file or one of city-at-night, /,
      ],
      [
        ["--content", file, "--style", "geometry", "--out", folder],
        /^file\.txt: Cannot read image: found an unknown format/,
      ],
      [
        [...PICTURES, "--out", file],
        /^Cannot write to ".*file\.txt": found File exists, wanted a folder that can be written$/,
      ],
      [[...PICTURES, "--out", folder, "--size", "8"], /^Cannot use size 8: wanted a whole number from 32 to 4096$/],
      [[...PICTURES, "--out", folder, "--weights", file], /^Cannot /],
      [[...PICTURES, "--out", folder, "--engine", "abacus"], /^Cannot open engine abacus: wanted auto or one of /],
    ];
    for (const [args, message] of cases) {
      const { code, out, err } = await run(...small, ...args);
      assert.equal(code, 1);
      assert.equal(out, "");
      const lines = err.trimEnd().split("\n");
      assert.equal(lines.length, 1, err);
      assert.match(lines[0]!, message);
    }
    assert.deepEqual(filesOf(folder), ["file.txt"]);
  }));

Deno.test("--out with the ending of a picture writes that file and nothing else, alpha and all", () =>
  inFolder(async (folder) => {
    const cut = new Uint8Array(4 * 48 * 32).map((_, i) => i % 4 < 3 ? (i * 7) % 200 : i % 192 < 96 ? 255 : 0);
    const content = join(folder, "cut.png");
    await Deno.writeFile(content, await sharp(cut, { raw: { width: 48, height: 32, channels: 4 } }).png().toBuffer());
    const pictures = ["--content", content, "--style", "starry-swirls"];
    const files = [
      ["a.png", "PNG", true],
      ["b.JPG", "JPEG", false],
      ["c.webp", "WebP", true],
      ["d.avif", "AVIF", true],
      ["e.tif", "TIFF", true],
    ] as const;
    for (const [name, format, transparency] of files) {
      const out = join(folder, "made", name);
      const { code, out: text, err } = await run(...pictures, "--out", out, "--size", "32", "--steps", "1");
      assert.equal(code, 0, err);
      assert.equal(text.trimEnd().split("\n").at(-1), `Wrote ${out}`);
      const bytes = await Deno.readFile(out);
      assert.equal(recogniseFormat(bytes), format);
      const { alpha } = await decodePicture(bytes, LIMITS, { transparency: "KEEP" });
      assert.equal(alpha !== undefined, transparency, name);
      if (alpha) assert.deepEqual([alpha[0], alpha[31]], [255, 0], name);
    }
    assert.deepEqual(filesOf(join(folder, "made")), files.map(([name]) => name));
  }));

const MOVING = ["--style", "starry-swirls", "--preset", "classic", "--size", "32", "--steps", "2", "--moving"];

testWhere(
  NO_FFMPEG,
  "what moves is written as a film, and as WebP where that fails after all",
  () =>
    inFolder(async (folder) => {
      const content = join(folder, "moving.png");
      await Deno.writeFile(content, movingContent());
      const out = join(folder, "out", "film.mp4");
      const done = await run("--content", content, ...MOVING, "--out", out);
      assert.deepEqual([done.code, done.out.endsWith(`Wrote ${out}\n`)], [0, true], done.err);
      assert.deepEqual(filesOf(join(folder, "out")), ["film.mp4"]);
      const { shown, width } = await factsOf(await Deno.readFile(out));
      assert.deepEqual([width, shown.map(([, long]) => long)], [32, MOVING_TIMING.delays]);
      // One that writes the film that it is tried by, and no other.
      const program = await fakeProgram(
        folder,
        `cat > "$film"; [ -e ${folder}/tried ] && exit 1; touch ${folder}/tried`,
      );
      const failed = await runWith(program, "--content", content, ...MOVING, "--out", out);
      const kept = `${out}.webp`;
      assert.equal(failed.code, 1);
      assert.match(
        failed.err,
        new RegExp(`^Cannot write ${out}: it ended without a word; what is painted is in ${kept}$`, "m"),
      );
      assert.deepEqual(await readTiming(await Deno.readFile(kept)), MOVING_TIMING);
    }),
);

Deno.test("a film is refused before anything is painted where nothing writes one, and of what does not move", () =>
  inFolder(async (folder) => {
    const content = join(folder, "moving.png");
    await Deno.writeFile(content, movingContent());
    const out = join(folder, "film.mp4");
    const none = await runWith(join(folder, "none"), "--content", content, ...MOVING, "--out", out);
    assert.deepEqual([none.code, none.out], [1, ""]);
    assert.match(none.err, /^Cannot use FFMPEG=".*none": found no such program; wanted FFmpeg 5.1/m);
    const still = await run(...PICTURES, "--size", "32", "--out", out);
    assert.match(still.err, /^Cannot use --out ".*film.mp4": wanted a picture or a folder for what does not move/m);
    assert.deepEqual(filesOf(folder), ["moving.png"]);
  }));

Deno.test("every frame of a picture that moves is painted, one after the other", () =>
  inFolder(async (folder) => {
    const content = join(folder, "moving.png");
    await Deno.writeFile(content, movingContent());
    const settings = [
      "--content",
      content,
      "--style",
      "starry-swirls",
      "--preset",
      "classic",
      "--size",
      "32",
      "--steps",
      "2",
    ];
    const out = join(folder, "out");
    const { code, out: text, err } = await run(...settings, "--moving", "--frames", "2", "--out", out);
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /the first is taken/);
    assert.deepEqual(filesOf(out), [
      ...["frame_001.png", "frame_002.png", "frame_003.png", "losses.svg", "res_2.jpg", "result.webp"],
    ]);
    const places = [...text.matchAll(/^step (\d)\/4 {2}frame (\d)\/3 {2}32×32 /gm)].map(([, ...found]) => found.join());
    assert.deepEqual(places, ["1,1", "2,1", "3,2", "4,3"]);
    const result = await Deno.readFile(join(out, "result.webp"));
    assert.deepEqual(await readTiming(result), MOVING_TIMING);
    assert.equal(JSON.parse((await readRecipe(result))!).request.moving, true);

    const still = await run(...settings, "--moving", "--out", join(folder, "one.png"));
    assert.deepEqual([still.code, still.err.includes("wanted a .webp, .gif or .mp4 for what moves, or a folder")], [
      1,
      true,
    ]);
  }));
