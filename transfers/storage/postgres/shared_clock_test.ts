import assert from "node:assert/strict";
import { SILENT_LOG } from "../../log.ts";
import { SharedClock } from "./shared_clock.ts";

/** A database whose time is `ahead` of the time here, and whose answers take their time. */
class TimeServer {
  here = 5_000;
  ahead = 1_000_000;
  there = 4;
  back = 4;

  readonly elapsed = () => this.here;

  first<Row>(): Promise<Row | undefined> {
    this.here += this.there;
    const at = this.here + this.ahead;
    this.here += this.back;
    return Promise.resolve({ at } as Row);
  }
}

Deno.test("a shared clock tells the database's time by the time that passes here", async () => {
  const server = new TimeServer();
  using clock = await SharedClock.open(server, SILENT_LOG, server.elapsed);
  assert.equal(clock.wall(), server.here + 1_000_000);
  server.here += 77;
  assert.deepEqual([clock.wall(), clock.now()], [server.here + 1_000_000, server.here + 1_000_000]);
});

Deno.test("a shared clock never goes back, but says what the database's says", async () => {
  const server = new TimeServer();
  using clock = await SharedClock.open(server, SILENT_LOG, server.elapsed);
  const before = clock.now();
  server.ahead -= 500;
  await clock.measure();
  assert.deepEqual([clock.wall(), clock.now()], [server.here + 999_500, before]);
  server.here += 600;
  assert.equal(clock.now(), server.here + 999_500);
});

Deno.test("a shared clock leaves aside what took too long to tell more than is known, until clocks may have run apart", async () => {
  const server = new TimeServer();
  using clock = await SharedClock.open(server, SILENT_LOG, server.elapsed);
  server.there = 0;
  server.back = 300;
  await clock.measure();
  assert.equal(clock.wall(), server.here + 1_000_000);
  server.here += 3_600_000;
  await clock.measure();
  assert.equal(clock.wall(), server.here + 1_000_000 - 150);
});

Deno.test("a shared clock tells of an outage of the database once", async () => {
  const warned: string[] = [];
  const asked = Promise.withResolvers<void>();
  let times = 0;
  const queries = {
    first: <Row>() => {
      if (times++ === 0) return Promise.resolve({ at: 1 } as Row);
      // What failed last is told before the next is asked.
      if (times > 4) asked.resolve();
      return Promise.reject(new Error("gone"));
    },
  };
  const log = { ...SILENT_LOG, warn: (message: string) => void warned.push(message) };
  using _clock = await SharedClock.open(queries, log, undefined, 1);
  await asked.promise;
  assert.deepEqual(warned, ["Cannot ask the database for its time now: gone"]);
});
