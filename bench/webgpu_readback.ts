/**
 * What it takes to read a few numbers from a GPU, in milliseconds: at once, where Deno's `mapAsync()` has them, and waited for
 * as the standard wants it. In turns.
 *
 *     deno task bench webgpu_readback
 *
 * @module
 */
import { Device } from "../engine/backends/webgpu/device.ts";
import { Readback } from "../engine/backends/webgpu/readback.ts";
import { median, row } from "./table.ts";

const ROUNDS = 8;
const READINGS = 20;
const BYTES = 256;

const device = await Device.open();
const buffer = device.buffer(BYTES / 4);
const ways = [["at once", new Readback(device.gpu)], ["waited for", new Readback(device.gpu, false)]] as const;
const milliseconds = new Map<string, number[]>(ways.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, readback] of ways) {
    for (let i = 0; i < READINGS; i++) {
      const started = performance.now();
      await readback.read(BYTES, (encoder, to) => encoder.copyBufferToBuffer(buffer, 0, to, 0, BYTES));
      milliseconds.get(name)!.push(performance.now() - started);
    }
  }
}
console.log(row("a reading", "ms"));
console.log(row("---", "--:"));
for (const [name, times] of milliseconds) console.log(row(name, median(times).toPrecision(2)));
for (const [, readback] of ways) await readback.close();
await device.close();
