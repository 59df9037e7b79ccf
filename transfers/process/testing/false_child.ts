/**
 * Stands in for the engine process where it misbehaves in a way that a real one cannot be made to: says that it is ready,
 * and at the first command does what its argument names.
 *
 * @module
 */
import { encodeMessage, readMessages } from "../framing.ts";
import type { Report } from "../messages.ts";
import { MEMORY_MARK } from "../sign_of_life.ts";

function send(report: Report, parts: readonly Uint8Array[] = []): void {
  for (const bytes of encodeMessage(report, parts)) Deno.stdout.writeSync(bytes);
}

const [mischief] = Deno.args;
if (mischief === "dies at the start") Deno.exit(3);
if (mischief === "refuses") {
  send({ kind: "refused", failure: { code: "WEIGHTS_UNREADABLE", message: "Cannot read it" } });
  Deno.exit(1);
}
if (mischief === "measures") { for (const text of ["a part", "all"]) send({ kind: "measured", text }); }
send({
  kind: "ready",
  identity: {
    engine: { backend: "false", device: "none", precision: "none", version: "0" },
    weightsSha256: "0".repeat(64),
  },
});
if (mischief === "answers with its pid") {
  for await (const _ of readMessages(Deno.stdin.readable)) {
    send({ kind: "classified" }, [new Uint8Array(Float32Array.of(Deno.pid).buffer)]);
  }
  Deno.exit(0);
}
await Deno.stdin.read(new Uint8Array(1));
switch (mischief) {
  case "takes memory":
    console.error(`${MEMORY_MARK}${2 ** 40}`);
    break;
  case "babbles":
    Deno.stdout.writeSync(new Uint8Array(1000).fill(255));
    break;
  case "cuts a report off":
    Deno.stdout.writeSync(encodeMessage({ kind: "finished" }, [])[0]!.subarray(0, 9));
    Deno.exit(0);
    break;
  case "gives up":
    send({ kind: "lost", failure: { code: "ENGINE_OUT_OF_MEMORY", message: "Cannot continue: no memory" } });
    Deno.exit(1);
}
// Alive until it is ended.
await new Promise(() => setInterval(() => {}, 1000));
