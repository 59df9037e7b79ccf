/**
 * Which weights the program works with, by the setting `WEIGHTS`, and when better ones arrive.
 *
 * @module
 */
import { basename, join } from "node:path";
import { GramcastError } from "../errors.ts";
import { BUILTIN_NAME } from "./builtin.ts";
import { describeWeights } from "./describe_weights.ts";
import { download, type DownloadOptions, type RemoteFile } from "./download.ts";
import type { WeightsDescription } from "./loaded_weights.ts";

/**
 * VGG16's convolutions as Keras hands them out: Caffe's convention; CC BY 4.0, Visual Geometry Group, University of Oxford.
 */
export const KERAS_VGG16: RemoteFile = {
  url: "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/" +
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
  bytes: 58_889_256,
  md5: "6d6bbae143d832006294945121d1f1fc",
};

export interface WeightsSettings {
  /** `auto`, `pretrained`, `builtin`, or the path of a file. */
  readonly weights: string;
  /** A mirror of Keras' file, or another file; `#md5=…` at its end is checked. Null for Keras' own. */
  readonly weightsUrl: string | null;
  /** Files are looked for, and downloaded to, its folder `weights`. */
  readonly dataDir: string;
}

/**
 * The weights in force, by their description: whoever computes with them loads them by its `reference`. With `auto` the program starts at once on what is there, the built-in filters if need be, while
 * the pre-trained ones are downloaded; they are in force for new transfers when they have arrived.
 */
export class WeightsSource implements AsyncDisposable {
  /** Resolves when nothing more will change: the download has ended, well or not, or there was none. */
  readonly settled: Promise<void>;
  #current: WeightsDescription;
  readonly #listeners = new Set<(weights: WeightsDescription) => void>();
  readonly #abort = new AbortController();

  private constructor(
    current: WeightsDescription,
    later?: (signal: AbortSignal, announce: (weights: WeightsDescription) => void) => Promise<void>,
  ) {
    this.#current = current;
    this.settled = later
      ? later(this.#abort.signal, (weights) => {
        this.#current = weights;
        for (const listener of this.#listeners) listener(weights);
      })
      : Promise.resolve();
  }

  /**
   * @param log Told in one line each what is found, downloaded, and used.
   * @throws {GramcastError} WEIGHTS_UNREADABLE for a given file that is wrong; WEIGHTS_UNAVAILABLE or STORAGE_FULL when
   * `pretrained` are wanted and cannot be had.
   */
  static async open(
    settings: WeightsSettings,
    log: (line: string) => void,
    options: Omit<DownloadOptions, "onProgress" | "signal"> = {},
  ): Promise<WeightsSource> {
    const { weights, dataDir } = settings;
    if (weights === "builtin") return new WeightsSource(logged(await describeWeights(BUILTIN_NAME), log));
    if (weights !== "auto" && weights !== "pretrained") {
      return new WeightsSource(logged(await describeWeights(weights), log));
    }
    const kept = await findKept(join(dataDir, "weights"), log);
    if (kept) return new WeightsSource(logged(kept, log));
    const fetching = (signal?: AbortSignal) =>
      fetchPretrained(settings, log, { ...options, ...(signal && { signal }) });
    if (weights === "pretrained") return new WeightsSource(logged(await fetching(), log));

    const builtin = await describeWeights(BUILTIN_NAME);
    const now = withNote(builtin, "the pre-trained VGG16 is being downloaded");
    return new WeightsSource(logged(now, log), async (signal, announce) => {
      try {
        announce(logged(await fetching(signal), log));
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof GramcastError ? error.message : "the download failed";
        announce(logged(withNote(builtin, reason), log));
      }
    });
  }

  /** What new transfers use. */
  get current(): WeightsDescription {
    return this.#current;
  }

  /** Calls `listener` whenever `current` changes. @returns a function that ends that. */
  onChange(listener: (weights: WeightsDescription) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends a download that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.settled;
  }
}

/** The first file of the folder, by name, that holds weights. */
async function findKept(folder: string, log: (line: string) => void): Promise<WeightsDescription | null> {
  for (const name of await listWeights(folder)) {
    try {
      return await describeWeights(join(folder, name));
    } catch (error) {
      if (!(error instanceof GramcastError)) throw error;
      log(error.message);
    }
  }
  return null;
}

async function listWeights(folder: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (/\.(npy|npz|h5|hdf5|safetensors)$/.test(name)) names.push(name);
    }
    return names.sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function fetchPretrained(
  settings: WeightsSettings,
  log: (line: string) => void,
  options: DownloadOptions,
): Promise<WeightsDescription> {
  const remote = remoteFile(settings.weightsUrl);
  const { host, pathname } = new URL(remote.url);
  const name = basename(pathname) || "vgg16.weights";
  const target = join(settings.dataDir, "weights", name);
  log(`Downloading weights ${name} from ${host}`);
  await download(remote, target, { ...options, onProgress: progressLines(name, log) });
  try {
    return await describeWeights(target);
  } catch (error) {
    // What was fetched without a checksum may be anything; kept, it would be in the way at the next start.
    await Deno.remove(target).catch(() => {});
    throw error;
  }
}

/** What an address stands for: a mirror of Keras' file by its name, or any other file, its md5 given as a fragment. */
export function remoteFile(url: string | null): RemoteFile {
  if (url === null) return KERAS_VGG16;
  const { pathname, hash } = new URL(url);
  const md5 = /^#md5=([0-9a-f]{32})$/i.exec(hash)?.[1]?.toLowerCase();
  if (md5) return { url, bytes: null, md5 };
  const isMirror = basename(pathname) === basename(new URL(KERAS_VGG16.url).pathname);
  return { url, bytes: isMirror ? KERAS_VGG16.bytes : null, md5: isMirror ? KERAS_VGG16.md5 : null };
}

/** A line at every tenth of the way. */
function progressLines(name: string, log: (line: string) => void): (done: number, total: number | null) => void {
  let tenths = 0;
  return (done, total) => {
    const reached = total ? Math.floor((10 * done) / total) : 0;
    if (reached <= tenths) return;
    tenths = reached;
    log(
      `Downloading weights ${name}: ${reached * 10} %, ${(done / 1e6).toFixed(1)} of ${(total! / 1e6).toFixed(1)} MB`,
    );
  };
}

function withNote(weights: WeightsDescription, why: string): WeightsDescription {
  return { ...weights, note: `${weights.note}; ${why}` };
}

function logged(weights: WeightsDescription, log: (line: string) => void): WeightsDescription {
  const { name, origin, sha256, layers, note } = weights;
  const kind = origin === "BUILTIN" ? "built-in" : "pre-trained";
  log(
    `Using ${kind} weights ${name} (${layers.length} layers, sha256 ${sha256.slice(0, 12)})${note ? `: ${note}` : ""}`,
  );
  return weights;
}
