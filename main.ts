/**
 * Gramcast's server: reads the configuration, wires the layers together, and serves until a signal stops it.
 *
 * @module
 */
import { openAccess, tellAccess } from "./access/open.ts";
import { readPolicy } from "./access/policy.ts";
import { Rates } from "./access/rates.ts";
import { basePath, type Config, readConfig } from "./config.ts";
import { GramcastError } from "./errors.ts";
import { FrameEncoder } from "./images/frame_encoder.ts";
import { fetchImage } from "./images/remote.ts";
import type { Services } from "./schema/context.ts";
import { frameEncoder } from "./server/frames.ts";
import { connectionsThatFit } from "./server/descriptors.ts";
import { CONNECTION_LIMITS } from "./server/listener.ts";
import { Metrics } from "./server/metrics.ts";
import { loggedRequests } from "./server/logged_requests.ts";
import { startServer } from "./server/server.ts";
import { processMemory, SpareMemory } from "./server/spare_memory.ts";
import { Measurements } from "./server/telemetry/measurements.ts";
import { isTelling } from "./server/telemetry/tracer.ts";
import { TransferTraces } from "./server/telemetry/transfer_traces.ts";
import { readTrustedDocuments } from "./server/trusted_documents.ts";
import { studioPages } from "./studio/studio.ts";
import { jsonLog, lineLog } from "./transfers/log.ts";
import { loggedTransfers } from "./transfers/logged_transfers.ts";
import { observeAll } from "./transfers/observer.ts";
import { SystemClock } from "./transfers/clock.ts";
import { openTransfers } from "./transfers/open.ts";
import { classLabels } from "./weights/class_labels.ts";
import { describeWeights } from "./weights/describe_weights.ts";
import { weightsPath } from "./weights/shipped.ts";

async function serve(config: Config): Promise<void> {
  const machines = config.logFormat === "json";
  const log = machines ? jsonLog(console.log) : lineLog(console.log, console.warn);
  const stop = nextSignal();
  using _memory = new SpareMemory(processMemory());
  const policy = await readPolicy(config);
  const weights = await describeWeights(weightsPath(config.weights));
  const metrics = new Metrics();
  const traces = isTelling();
  const observer = observeAll([
    metrics,
    ...(machines ? [loggedTransfers(log)] : []),
    ...(traces ? [new TransferTraces(), new Measurements()] : []),
  ]);
  const transfers = await openTransfers(config, policy.quotas, weights, log, observer);
  await using access = await openAccess(config, transfers.clock, log);
  if (config.serverRole !== "all") log.info(`Role: ${config.serverRole}`);
  log.info(`Weights: ${weights.name}, ${weights.layers.length} layers`);
  const services: Services = {
    config,
    access,
    transfers: transfers.service,
    frames: frameEncoder(new FrameEncoder()),
    fetchImage,
    classLabels,
    weights: () => Promise.resolve(weights),
  };
  try {
    const trustedDocuments = await readTrustedDocuments(config.trustedDocuments);
    const maxConnections = Math.min(CONNECTION_LIMITS.maxConnections, connectionsThatFit());
    const connectionLimits = { ...CONNECTION_LIMITS, maxConnections };
    const options = {
      ...config,
      answersCallers: config.serverRole !== "worker",
      connectionLimits,
      trustedDocuments,
      metrics,
      traces,
      rates: new Rates(policy.rates, new SystemClock()),
      observers: machines ? [loggedRequests(log)] : [],
      pages: studioPages(basePath(config.publicUrl), () => access.signIn),
    };
    const server = await startServer(services, options, log);
    if (config.serverRole === "worker") {
      log.info(`Gramcast listens on ${server.url}: /health, /ready and /metrics; it answers no callers`);
    } else {
      log.info(`Gramcast listens on ${server.url}: open it in a browser; GraphiQL is at ${server.url}/graphql`);
      // A key is for who starts the server, and no line of a log.
      await tellAccess(access, config, server.url, log, machines ? console.error : console.log);
    }
    log.info(`${await stop}: stopping`);
    await Promise.all([server.stop(), transfers.close()]);
  } finally {
    await transfers.close();
  }
}

/** Resolves with the name of the first signal that asks the process to stop. */
function nextSignal(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, () => resolve(signal));
  return promise;
}

if (import.meta.main) {
  try {
    await serve(readConfig((name) => Deno.env.get(name)));
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}
