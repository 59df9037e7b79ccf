import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs what this server gives out and takes back: HMAC-SHA256, in base64url. */
export class Signer {
  readonly #secret: Uint8Array;

  /** @param secret 32 bytes that nobody else has. */
  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  /** @param purpose Keeps a signature of one thing from standing for another. */
  sign(purpose: string, text: string): string {
    return createHmac("sha256", this.#secret).update(JSON.stringify([purpose, text])).digest("base64url");
  }

  verifies(signature: string, purpose: string, text: string): boolean {
    const [given, right] = [Buffer.from(signature), Buffer.from(this.sign(purpose, text))];
    return given.length === right.length && timingSafeEqual(given, right);
  }
}
