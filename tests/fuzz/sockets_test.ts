import { fuzzSockets } from "./sockets.ts";

Deno.test("a few hundred broken handshakes, frames and messages are refused, and leave nothing behind", () =>
  fuzzSockets(20_261_129, 300));
