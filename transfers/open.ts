/**
 * The transfers layer as a running server has it: adapters by the configuration, an engine process, the service on top.
 *
 * @module
 */
import { join } from "node:path";
import project from "../deno.json" with { type: "json" };
import { type Config, sharedSettings } from "../config.ts";
import { attemptEngine } from "../engine/backends/attempt.ts";
import { chooseEngine } from "../engine/backends/choose.ts";
import { LAST_ENGINE } from "../engine/backends/engines.ts";
import { estimateCost, stepFlops } from "../engine/estimate/estimate.ts";
import { FilmWriter } from "../images/film_writer.ts";
import { readSample, SAMPLES } from "../samples/samples.ts";
import { describeWeights } from "../weights/describe_weights.ts";
import type { WeightsDescription } from "../weights/loaded_weights.ts";
import { SHIPPED_WEIGHTS } from "../weights/shipped.ts";
import { type Clock, SystemClock } from "./clock.ts";
import { Classifier } from "./process/classifier.ts";
import type { SessionOptions } from "./process/engine_session.ts";
import { launchEngine } from "./process/launch.ts";
import { MeasurementsFile } from "./process/measurements_file.ts";
import { Supervisor } from "./process/supervisor.ts";
import { type Log, oneLine } from "./log.ts";
import { NO_OBSERVER, type TransferObserver } from "./observer.ts";
import type { Quotas } from "./quotas.ts";
import { MemoryStorage } from "./storage/memory/memory_storage.ts";
import { PublicReceivers } from "./notices/receivers.ts";
import type { Storage } from "./storage/ports.ts";
import { sharedClock } from "./shared_clock.ts";
import { TransferService } from "./life/service.ts";
import { openSqliteStorage } from "./storage/sqlite/open.ts";

/** Milliseconds without a sign of life after which an engine process is taken to hang. */
const SILENCE_MILLISECONDS = 30_000;

/** Where a program is looked for that is given by its name: the server does not know its user's PATH. */
const USUAL_FOLDERS = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";

/** The service with what it stands on. */
export interface OpenTransfers {
  readonly service: TransferService;
  /** That of all servers that share the storage. */
  readonly clock: Clock;
  /** Drains the service and lets go of engine and storage; once, however often it is called. */
  close(): Promise<void>;
}

/**
 * Opens everything, and continues what a stop left unfinished.
 *
 * @throws {GramcastError} ENGINE_UNAVAILABLE for an engine that was asked for by name and does not start; BAD_USER_INPUT for
 * a program that was named for films and writes none.
 */
export async function openTransfers(
  config: Config,
  quotas: Quotas,
  weights: WeightsDescription,
  log: Log,
  observer: TransferObserver = NO_OBSERVER,
): Promise<OpenTransfers> {
  const clock = new SystemClock();
  // A worker may be where no receiver of a webhook can be reached: it keeps no house either.
  const answersCallers = config.serverRole !== "worker";
  const films = answersCallers ? await openFilms(config, log) : null;
  const [storage, known] = await Promise.all([openStorage(config, answersCallers, log), knownWeights(weights)]);
  // On the CPU: a device may have no room beside a transfer, and the weights take longer to read than a picture.
  const launchClassifier = (weights: string) =>
    launchEngine(LAST_ENGINE, weights, config.checkpointSeconds, { dense: true });
  const measurements = new MeasurementsFile(config.dataDir, log);
  const session: SessionOptions = {
    stepFlops: ({ options }) => stepFlops(options, options),
    memoryBytes: config.engineMemoryBytes,
    silenceMilliseconds: SILENCE_MILLISECONDS,
    clock,
    log,
    keepMeasurements: (text) => measurements.keep(text),
  };
  const openEngine = (gpu?: number) =>
    new Supervisor({
      ...session,
      launch: async (weights, without, signal) => {
        const { precision } = config;
        const engine = await chooseEngine(config.engine, {
          attempt: (candidate) => attemptEngine(candidate, { weights, precision, gpu, signal }),
          without,
          log: (line) => log.info(line),
        });
        const measured = engine === "webgpu" ? await measurements.read() : undefined;
        const options = { memoryBytes: config.engineMemoryBytes, precision, gpu, measured };
        const launch = launchEngine(engine, weights, config.checkpointSeconds, options);
        return engine === config.engine || engine === LAST_ENGINE ? launch : { ...launch, replaceable: engine };
      },
      launchClassifier,
      findWeights: (sha256) => known.get(sha256 ?? "") ?? weights.path,
    });
  const [first, ...others] = config.gpus;
  const works = config.serverRole !== "api";
  const engines = works ? [openEngine(first), ...others.map((gpu) => openEngine(gpu))] : [];
  // Engines have one of their own.
  const classifier = works ? null : new Classifier(() => launchClassifier(weights.path), session);
  const privateToo = config.webhookPrivateAddresses === "allow";
  const receivers = new PublicReceivers(privateToo ? { allowsAddress: () => true, ports: null } : {});
  const service = await TransferService.open(
    {
      ...storage,
      receivers,
      engines,
      ...(classifier && { classifier }),
      ...(films && { films }),
      clock,
      log,
      observer,
    },
    {
      maxQueued: config.maxQueued,
      quotas,
      retention: { days: config.retentionDays, bytes: config.retentionBytes },
      imageLimits: { maxBytes: config.maxImageBytes, maxPixels: config.maxImagePixels },
      engineMemoryBytes: config.engineMemoryBytes,
      maxFramesBytes: config.maxFramesBytes,
      cost: estimateCost,
      samples: SAMPLES.map(({ name, description }) => ({ name, description, read: () => readSample(name) })),
      layers: () => new Set(weights.layers.map(({ name }) => name)),
      answersCallers,
      version: project.version,
      publicUrl: config.publicUrl,
    },
  );
  // Ready before the first transfer comes. An engine that was asked for by name has to be there at the start.
  const warm = () => Promise.all(engines.map((engine) => engine.info()));
  if (config.engine === "auto") void warm().catch((error) => log.warn(oneLine(error)));
  else await warm();
  let closed: Promise<void> | undefined;
  return {
    service,
    clock: storage.shared === null ? clock : sharedClock(clock, storage.shared.clock),
    close: () => closed ??= service.drain().finally(() => classifier?.close()).finally(() => storage.close()),
  };
}

/** Files by their SHA-256 with which transfers that were begun can be gone on with: the one in use and the one that ships. */
async function knownWeights(weights: WeightsDescription): Promise<ReadonlyMap<string, string>> {
  const shipped = weights.origin === "SHIPPED" ? weights : await describeWeights(SHIPPED_WEIGHTS);
  return new Map([shipped, weights].map(({ sha256, path }) => [sha256, path]));
}

/** Null where no program is named. It sees none of the server's variables, which hold secrets. */
async function openFilms({ ffmpeg, dataDir }: Config, log: Log): Promise<FilmWriter | null> {
  if (ffmpeg === null) return null;
  const films = await FilmWriter.open({ command: ffmpeg, env: { PATH: USUAL_FOLDERS } }, join(dataDir, "films"));
  log.info(`Films: ${ffmpeg}`);
  return films;
}

async function openStorage(config: Config, keepsHouse: boolean, log: Log): Promise<Storage> {
  const shared = sharedSettings(config);
  if (shared !== null) {
    // With the client of the database, which nobody else needs.
    const { openPostgresStorage } = await import("./storage/postgres/open.ts");
    return await openPostgresStorage(shared, log, { keepsHouse });
  }
  const { store, dataDir } = config;
  return store === "sqlite" ? await openSqliteStorage(dataDir, log) : new MemoryStorage();
}
