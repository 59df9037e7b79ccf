import { join } from "node:path";
import { GramcastError } from "../errors.ts";
import { Admission } from "./admission.ts";
import { encodePicture } from "./encode.ts";
import { FilmFailure, type FilmProgram, type Footage, writeFilm } from "./film.ts";

/** Films that may be under way, but for one all of them waiting. */
const MOST_AT_ONCE = 8;
/** Milliseconds that a film may take: the largest there can be take some tens of seconds. */
const MOST_MILLISECONDS = 300_000;
/** The same for the film that is written to see whether one can be. */
const TRIAL_MILLISECONDS = 30_000;
/** Milliseconds after which nobody is at a file any more. */
const LEFT_MILLISECONDS = 3_600_000;
/** A side of the film that is written to see whether one can be. */
const TRIED_SIDE = 16;

/** Writes films, one at a time. */
export class FilmWriter {
  readonly #program: FilmProgram;
  readonly #folder: string;
  readonly #turns = new Admission({ bytes: 1, places: 1 });
  #underWay = 0;

  private constructor(program: FilmProgram, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /**
   * Tries the program.
   *
   * @param folder Where films are while they are written; made where there is none.
   * @param milliseconds For which it is tried.
   * @throws {GramcastError} BAD_USER_INPUT with the field FFMPEG for a program that writes no films, or not in time.
   */
  static async open(program: FilmProgram, folder: string, milliseconds = TRIAL_MILLISECONDS): Promise<FilmWriter> {
    const writer = new FilmWriter(program, folder);
    await Deno.mkdir(folder, { recursive: true });
    await removeLeft(folder);
    const size = { width: TRIED_SIDE, height: TRIED_SIDE };
    const frame = await encodePicture({ ...size, rgb: new Uint8Array(3 * TRIED_SIDE ** 2) }, { format: "PNG" });
    try {
      await writer.#write(
        { frames: [frame, frame], size, delays: [40, 40] },
        new AbortController().signal,
        milliseconds,
      );
    } catch (cause) {
      if (!(cause instanceof FilmFailure)) throw cause;
      const reason = cause.message.split("\n").at(-1)!;
      throw new GramcastError(
        "BAD_USER_INPUT",
        `Cannot use FFMPEG="${program.command}": ${reason}; wanted FFmpeg 5.1 or newer, with libx264`,
        { field: "FFMPEG", cause },
      );
    }
    return writer;
  }

  /**
   * Writes a film when its turn has come.
   *
   * @param signal Ends it, whether it waits or is written.
   * @param milliseconds In which it has to be written once its turn has come.
   * @returns An MP4, see `writeFilm`.
   * @throws {GramcastError} QUEUE_FULL where too many wait; FORMAT_UNAVAILABLE where it cannot be written, or not in time.
   */
  async write(
    footage: Footage,
    signal: AbortSignal,
    milliseconds = MOST_MILLISECONDS,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#underWay >= MOST_AT_ONCE) {
      throw new GramcastError(
        "QUEUE_FULL",
        `Cannot write the film now: found ${this.#underWay} others under way, wanted fewer; try again later`,
      );
    }
    this.#underWay++;
    try {
      return await this.#inTurn(signal, () => this.#write(footage, signal, milliseconds));
    } catch (cause) {
      if (!(cause instanceof FilmFailure)) throw cause;
      throw new GramcastError(
        "FORMAT_UNAVAILABLE",
        "Cannot write the film: FFmpeg has failed, or taken too long; take WebP or GIF",
        { cause },
      );
    } finally {
      this.#underWay--;
    }
  }

  /** Whoever leaves while it waits is not waited for. */
  async #inTurn<T>(signal: AbortSignal, write: () => Promise<T>): Promise<T> {
    const { promise: begun, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave);
    const written = this.#turns.run(0, async () => {
      resolve();
      signal.throwIfAborted();
      return await write();
    });
    written.catch(() => {});
    try {
      await begun;
      return await written;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  async #write(footage: Footage, signal: AbortSignal, milliseconds: number): Promise<Uint8Array<ArrayBuffer>> {
    const path = join(this.#folder, `film-${crypto.randomUUID()}.part`);
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new FilmFailure(`it took more than ${milliseconds / 1000} s`)),
      milliseconds,
    );
    try {
      await writeFilm(this.#program, footage, path, AbortSignal.any([signal, late.signal]));
      return await written(path);
    } finally {
      clearTimeout(timer);
      await Deno.remove(path).catch(() => {});
    }
  }
}

/** @throws {FilmFailure} */
async function written(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new FilmFailure("it wrote nothing", { cause });
  }
}

/** Removes what a process has left behind that was ended meanwhile. */
async function removeLeft(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^film-[\da-f-]{36}\.part$/.test(name)) continue;
    const path = join(folder, name);
    const { mtime } = await Deno.stat(path);
    if (mtime !== null && mtime.getTime() < Date.now() - LEFT_MILLISECONDS) await Deno.remove(path);
  }
}
