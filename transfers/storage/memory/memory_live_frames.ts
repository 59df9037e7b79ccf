// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { type Claim, ClaimLost, type FrameRecord, type LiveFrame, type LiveFrames } from "../ports.ts";
import type { MemoryClaims } from "./memory_claims.ts";

/** The newest frames of services that share a memory. */
export class MemoryLiveFrames implements LiveFrames {
  readonly #claims: MemoryClaims;
  /** By transfer. */
  readonly #frames = new Map<string, LiveFrame>();

  constructor(claims: MemoryClaims) {
    this.#claims = claims;
  }

  async show(claim: Claim, frame: LiveFrame): Promise<void> {
    if (!this.#claims.isNewest(claim)) throw new ClaimLost(`Cannot show a frame of transfer ${claim.id}`);
    this.#frames.set(claim.id, frame);
  }

  async newest(id: string): Promise<FrameRecord | null> {
    const frame = this.#frames.get(id);
    return frame === undefined ? null : { step: frame.step, width: frame.width, height: frame.height };
  }

  async read(id: string, step: number): Promise<Uint8Array | null> {
    const frame = this.#frames.get(id);
    return frame?.step === step ? frame.bytes : null;
  }

  async remove(id: string): Promise<void> {
    this.#frames.delete(id);
  }
}
