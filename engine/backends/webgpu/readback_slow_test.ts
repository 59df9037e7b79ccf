import assert from "node:assert/strict";
import { Readback } from "./readback.ts";
import { testOnDevice } from "./testing/device.ts";

testOnDevice(
  "readings give what a buffer has at that time, at once or waited for, and others get their turn between",
  async (device) => {
    const length = 700;
    const buffer = device.buffer(length);
    for (const readback of [new Readback(device.gpu), new Readback(device.gpu, false)]) {
      const read = async (values: number) => {
        const bytes = await readback.read(4 * values, (encoder, to) => {
          encoder.copyBufferToBuffer(buffer, 0, to, 0, 4 * values);
        });
        return new Float32Array(bytes);
      };
      let turns = 0;
      const timer = setInterval(() => turns++);
      for (let i = 0; i < 40; i++) {
        const values = Float32Array.from({ length }, (_, k) => i + k);
        device.write(buffer, values);
        // Of several sizes, some of them at the same time.
        const lengths = i % 10 === 0 ? [1, 1, 1, 65, length] : [i + 1];
        const found = await Promise.all(lengths.map(read));
        assert.deepEqual(found, lengths.map((each) => values.subarray(0, each)));
      }
      clearInterval(timer);
      assert.ok(turns > 0);
      await readback.close();
    }
  },
);
