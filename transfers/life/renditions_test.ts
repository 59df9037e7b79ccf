/** Results that move, in other formats than their own. */
import assert from "node:assert/strict";
import { GramcastError } from "../../errors.ts";
import { inspectImage, NO_LIMITS } from "../../images/decode.ts";
import { readTiming } from "../../images/timing.ts";
import { until } from "../../tests/testing/in_time.ts";
import type { Log } from "../log.ts";
import { isError } from "../testing/errors.ts";
import { FakeFilms } from "../testing/fake_films.ts";
import { FullStorage } from "../testing/full_storage.ts";
import { MOVING_STEPS, MOVING_TIMING, movingRequest } from "../testing/moving_content.ts";
import { OWNER, ServiceStage } from "../testing/service_stage.ts";
import type { ImageRecord } from "../types.ts";

const never = () => new AbortController().signal;

/** Paints a content that moves. @returns its id. */
async function painted(stage: ServiceStage): Promise<string> {
  const { id } = await stage.start(await movingRequest(stage));
  assert.equal((await stage.ended(id)).status, "SUCCEEDED");
  return id;
}

async function kept(stage: ServiceStage, id: string, format: "GIF" | "MP4"): Promise<ImageRecord> {
  const made = await stage.transfers.movingResult(id, format, never());
  assert.ok(made !== null && !(made instanceof Uint8Array));
  return made;
}

/** Resolves when so many films have been begun: what is kept is looked at before. */
async function begun(films: FakeFilms, count: number): Promise<void> {
  await until(() => films.count >= count);
}

Deno.test("a GIF is made once, kept with its transfer, counted as its owner's, and goes with it", async () => {
  await using stage = await ServiceStage.open();
  const { images } = stage.ports;
  const id = await painted(stage);
  assert.equal(await stage.transfers.keptMovingResult(id, "GIF"), null);
  const before = await images.bytesOf(OWNER);
  const [first, other] = await Promise.all([kept(stage, id, "GIF"), kept(stage, id, "GIF")]);
  const later = await kept(stage, id, "GIF");
  assert.deepEqual([other.id, later.id], [first.id, first.id]);
  assert.deepEqual(await stage.transfers.keptMovingResult(id, "GIF"), first);
  assert.equal(await images.bytesOf(OWNER), before + first.byteLength);
  const gif = await images.read(first);
  assert.deepEqual([(await inspectImage(gif, NO_LIMITS)).frames, first.mimeType], [3, "image/gif"]);
  assert.deepEqual(await readTiming(gif), MOVING_TIMING);
  await stage.service.sweep();
  assert.deepEqual(await images.get(first.id), first);
  await stage.transfers.remove(id);
  assert.equal(await images.get(first.id), null);
});

Deno.test("a film is made of what was painted, shown when the content is, beside the GIF and after a restart", async () => {
  const films = new FakeFilms();
  await using stage = await ServiceStage.open({ films });
  const id = await painted(stage);
  assert.deepEqual(stage.transfers.movingFormats, ["WEBP", "GIF", "MP4"]);
  films.hold();
  const asked = [0, 1, 2].map(() => kept(stage, id, "MP4"));
  const gif = await kept(stage, id, "GIF");
  films.release();
  const [film] = await Promise.all(asked);
  const { frames, delays, width } = JSON.parse(new TextDecoder().decode(await stage.ports.images.read(film!)));
  assert.deepEqual([delays, width, film!.mimeType], [MOVING_TIMING.delays, 32, "video/mp4"]);
  const steps = [4, 6, 8];
  assert.equal(steps.length, MOVING_STEPS.length);
  const files = await Promise.all(steps.map((step) => stage.ports.store.readFrame(id, step)));
  assert.deepEqual(frames, files.map((file) => file!.byteLength));
  await using after = await stage.reopen();
  assert.deepEqual([await kept(after, id, "MP4"), await kept(after, id, "GIF")], [film, gif]);
  assert.equal(films.count, 1);
});

Deno.test("a film is broken off when the last who asks leaves, and when the server stops", async () => {
  const films = new FakeFilms();
  await using stage = await ServiceStage.open({ films });
  const id = await painted(stage);
  films.hold();
  const [one, other] = [new AbortController(), new AbortController()];
  const asked = [one, other].map(({ signal }) => stage.transfers.movingResult(id, "MP4", signal));
  await begun(films, 1);
  one.abort(new Error("gone"));
  await assert.rejects(asked[0]!, /gone/);
  assert.equal(films.brokenOff.length, 0);
  other.abort(new Error("gone"));
  await assert.rejects(asked[1]!, /gone/);
  const last = stage.transfers.movingResult(id, "MP4", never());
  last.catch(() => {});
  await begun(films, 2);
  await stage.service.drain();
  await assert.rejects(last, isError("ENGINE_UNAVAILABLE", "is stopping"));
  assert.equal(films.brokenOff.length, 2);
});

Deno.test("of a transfer that is deleted while its film is written, that is said", async () => {
  const films = new FakeFilms();
  await using stage = await ServiceStage.open({ films });
  const id = await painted(stage);
  films.hold();
  const asked = stage.transfers.movingResult(id, "MP4", never());
  asked.catch(() => {});
  await begun(films, 1);
  await stage.transfers.remove(id);
  films.release();
  await assert.rejects(asked, isError("NOT_FOUND", "it has been deleted"));
});

Deno.test("where there is nothing that writes films, or it fails, that is said, and why only in the log", async () => {
  const lines: string[] = [];
  const log: Log = { info() {}, warn: (line) => void lines.push(line) };
  await using bare = await ServiceStage.open();
  const id = await painted(bare);
  assert.deepEqual(bare.transfers.movingFormats, ["WEBP", "GIF"]);
  await assert.rejects(
    bare.transfers.movingResult(id, "MP4", never()),
    isError("FORMAT_UNAVAILABLE", "wanted its path"),
  );
  const films = new FakeFilms();
  await using stage = await ServiceStage.open({ films, log });
  const other = await painted(stage);
  films.failure = new GramcastError("FORMAT_UNAVAILABLE", "Cannot write the film", { cause: new Error("no encoder") });
  await assert.rejects(stage.transfers.movingResult(other, "MP4", never()), isError("FORMAT_UNAVAILABLE"));
  assert.deepEqual(lines, [`Transfer ${other} cannot be written as a film: no encoder`]);
  films.failure = null;
  await kept(stage, other, "MP4");
});

Deno.test("what there is no room to keep is answered, and kept when there is", async () => {
  const { store, queue, full } = new FullStorage();
  await using stage = await ServiceStage.open({ store, queue });
  const id = await painted(stage);
  const all = (await stage.ports.images.all()).length;
  full.add("append");
  const bytes = await stage.transfers.movingResult(id, "GIF", never());
  assert.ok(bytes instanceof Uint8Array);
  assert.equal((await inspectImage(bytes, NO_LIMITS)).frames, 3);
  assert.equal((await stage.ports.images.all()).length, all);
  full.clear();
  assert.equal((await kept(stage, id, "GIF")).byteLength, bytes.byteLength);
});

Deno.test("what does not move, has no result, or is another's has none", async () => {
  await using stage = await ServiceStage.open({ films: new FakeFilms() });
  const id = await painted(stage);
  const still = await stage.start();
  await stage.ended(still.id);
  stage.engine.hold();
  const running = await stage.start(await movingRequest(stage));
  for (const format of ["WEBP", "GIF", "MP4"] as const) {
    for (const other of [still.id, running.id, "none"]) {
      assert.equal(await stage.transfers.movingResult(other, format, never()), null);
    }
    assert.equal(await stage.as("somebody").movingResult(id, format, never()), null);
    assert.equal(await stage.as("somebody").keptMovingResult(id, format), null);
  }
  const { resultId } = (await stage.transfers.get(id))!;
  assert.equal((await stage.transfers.keptMovingResult(id, "WEBP"))!.id, resultId);
});
