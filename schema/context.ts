/**
 * What every resolver gets beside its arguments. `main.ts` puts it together.
 *
 * @module
 */
import type { Access, Session } from "../access/access.ts";
import { basePath, type Config } from "../config.ts";
import type { EngineInfo } from "../engine/backends/backend.ts";
import type { EncodeOptions } from "../images/encode.ts";
import type { FetchLimits } from "../images/remote.ts";
import type { AllTransfers, FrameHandle, Transfers } from "../transfers/api.ts";
import type { Recorder } from "../transfers/audit.ts";
import type { WeightsDescription } from "../weights/loaded_weights.ts";
import { Allowance } from "./allowance.ts";

/** Encodes frames away from the event loop, each (transfer, step, options) once. */
export interface FrameEncoder {
  encode(frame: FrameHandle, options: EncodeOptions): Promise<Uint8Array<ArrayBuffer>>;
}

/** Fetches an encoded picture from a public address. */
export type FetchImage = (
  url: string,
  limits: FetchLimits,
) => Promise<Uint8Array<ArrayBuffer>>;

/** What the resolvers reach the rest of the program through; one for the whole server. */
export interface Services {
  readonly config: Pick<Config, "maxImageBytes" | "publicUrl">;
  readonly access: Access;
  readonly transfers: AllTransfers;
  readonly frames: FrameEncoder;
  readonly fetchImage: FetchImage;
  /** Names of the 1000 ImageNet classes, by index. */
  classLabels(): Promise<readonly string[]>;
  /** The parameters in use, without the numbers. */
  weights(): Promise<WeightsDescription>;
}

/** Of one operation. */
export interface Context extends Omit<Services, "transfers"> {
  /** What the operation may still cost. */
  readonly allowance: Allowance;
  /** Resolves when the next event of a subscription may be put together at once; it may cost as much as an operation. */
  nextEvent(): Promise<void>;
  /** Who asks. */
  readonly session: Session;
  /** Keeps what the caller does; `transfers` keeps what is done through it. */
  readonly record: Recorder;
  /** What the caller may see and change. */
  readonly transfers: Transfers;
  engine(): Promise<EngineInfo>;
  /** An address on this server, from the root on, that the caller may get without a header. @param path Below PUBLIC_URL. */
  link(path: string): string;
}

/** The context of one operation. Yoga copies its members, so that methods of a prototype would be lost. */
export function contextOf(services: Services, session: Session): Context {
  const { config, access, transfers, frames, fetchImage } = services;
  const record = access.audit.recorder(session.caller);
  const allowance = new Allowance(config.maxImageBytes);
  return {
    config,
    frames,
    fetchImage,
    classLabels: () => services.classLabels(),
    weights: () => services.weights(),
    engine: () => transfers.engine(),
    allowance,
    // The server, which has more to do, has them wait for their turn.
    nextEvent: () => Promise.resolve(allowance.renew()),
    access,
    session,
    record,
    transfers: transfers.as(session.caller, record),
    link: (path) => basePath(config.publicUrl) + access.link(session, path).path,
  };
}
