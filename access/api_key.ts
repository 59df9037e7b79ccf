import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** What scanners for secrets look for. */
const PREFIX = "gram_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_BYTES = 32;
/** Digits that 32 bytes, and a checksum of 4, take. */
const SECRET_DIGITS = 43;
const CHECKSUM_DIGITS = 6;
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_DIGITS + CHECKSUM_DIGITS}}$`);

/**
 * Makes an API key: `gram_`, 256 random bits and their CRC-32 in base 62, 54 characters in all. The checksum lets scanners
 * tell a key from what only looks like one, without asking the server.
 */
export function newApiKey(): string {
  const secret = base62(BigInt(`0x${crypto.getRandomValues(new Uint8Array(SECRET_BYTES)).toHex()}`), SECRET_DIGITS);
  return PREFIX + secret + checksum(secret);
}

/** Whether a text is an API key by its form and checksum, whether or not any server knows it. */
export function isApiKey(text: string): boolean {
  const secret = text.slice(PREFIX.length, -CHECKSUM_DIGITS);
  return SHAPE.test(text) && text.endsWith(checksum(secret));
}

/** What is kept of a key, in hexadecimal. SHA-256 is enough: there is nothing to guess in 256 random bits. */
export function hashApiKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function checksum(secret: string): string {
  return base62(BigInt(crc32(secret)), CHECKSUM_DIGITS);
}

function base62(value: bigint, digits: number): string {
  let text = "";
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text.padStart(digits, DIGITS[0]);
}
