/**
 * The engine process: commands come in by its standard input, reports go out by its standard output, and its standard
 * error tells what memory it takes and what there is to log. It ends when its input does, so it never outlives the server.
 *
 *     deno run … transfers/process/child.ts <engine> <weights> <seconds between checkpoints> <bytes of memory that it may take>
 *       <precision> <"dense" to classify> <what was measured of the GPU>
 *
 * @module
 */
import { format } from "node:util";
import type { Backend } from "../../engine/backends/backend.ts";
import { openBackend } from "../../engine/backends/open.ts";
import { rememberingGrams } from "../../engine/backends/remembered_grams.ts";
import { DEFAULT_PRECISION, type Precision } from "../../engine/backends/precision.ts";
import { toPixels } from "../../engine/picture.ts";
import { CLASSIFIER_SIDE } from "../../engine/backends/whole_network.ts";
import { loadWeights } from "../../weights/load_weights.ts";
import { SHIPPED_WEIGHTS } from "../../weights/shipped.ts";
import { ChildRun, type Send } from "./child_run.ts";
import { failureOf } from "./failure.ts";
import { encodeMessage, readMessages } from "./framing.ts";
import { writeLines as log } from "./line_writer.ts";
import { type Command, commandJob } from "./messages.ts";

const send: Send = (report, parts = []) => {
  for (const bytes of encodeMessage(report, parts)) {
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  }
};

/** Loads weights and opens the engine; reports either what it is or why it cannot. */
async function open(
  engine: string,
  weights: string,
  precision: Precision,
  dense: boolean,
  measured: string | undefined,
): Promise<Backend | null> {
  try {
    const { parameters, sha256 } = await loadWeights(weights, { dense });
    const measurements = measured === undefined ? undefined : { kept: measured, keep };
    const options = { precision, ...(measurements && { measurements }) };
    const backend = rememberingGrams(await openBackend(engine, parameters, log, options));
    send({ kind: "ready", identity: { engine: backend.info, weightsSha256: sha256 } });
    return backend;
  } catch (error) {
    log(String(error));
    send({ kind: "refused", failure: failureOf(error) });
    return null;
  }
}

function keep(text: string): void {
  send({ kind: "measured", text });
}

async function classify(backend: Backend, rgb: Uint8Array): Promise<void> {
  try {
    const picture = { width: CLASSIFIER_SIDE, height: CLASSIFIER_SIDE, rgb };
    const probabilities = await backend.classify(toPixels(picture));
    send({ kind: "classified" }, [new Uint8Array(probabilities.slice().buffer)]);
  } catch (error) {
    log(String(error));
    send({ kind: "unclassified", failure: failureOf(error) });
  }
}

const [
  engine = "onnx:cpu",
  weights = SHIPPED_WEIGHTS,
  checkpointSeconds = "5",
  memoryBytes = "Infinity",
  precision = DEFAULT_PRECISION,
  dense,
  measured,
] = Deno.args as [string?, string?, string?, string?, Precision?, string?, string?];
// Anything on standard output that is no report would garble those that are.
console.log =
  console.info =
  console.debug =
  console.warn =
  console.error =
    (...values) => log(format(...values));
new Worker(new URL("./memory_watch.ts", import.meta.url), { type: "module", deno: { permissions: "none" } });

const backend = await open(engine, weights, precision, dense === "dense", measured);
if (backend === null) Deno.exit(1);

let run: ChildRun | null = null;
for await (const { header, parts } of readMessages<Command>(Deno.stdin.readable)) {
  switch (header.kind) {
    case "run":
      run = new ChildRun(commandJob(header, parts), Number(checkpointSeconds), Number(memoryBytes), send);
      run.run(backend).catch((error) => {
        log(String(error?.stack ?? error));
        send({ kind: "lost", failure: failureOf(error) });
        Deno.exit(1);
      });
      break;
    case "stop":
      run?.stop();
      break;
    case "retune":
      run?.retune(header.tuning);
      break;
    case "classify":
      void classify(backend, parts[0]!);
      break;
  }
}
Deno.exit(0);
