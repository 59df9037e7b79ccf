import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";
import type { WebhookRecord } from "../types.ts";

const PREFIX = "whsec_";
/** Bytes of a secret; the specification wants 24 to 64. */
const SECRET_BYTES = 32;
/** Milliseconds for which the secret before the newest still signs. */
export const ROTATION_MILLISECONDS = 24 * 3_600_000;

/** A secret as receivers are given it. */
export function newSecret(): string {
  return `${PREFIX}${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/**
 * The headers by which a receiver knows that a body is ours, of Standard Webhooks 1.0: while a secret is being replaced
 * there are two signatures, and a receiver takes either.
 *
 * @param id Of the delivery; the same at every attempt.
 * @param now Of the attempt, in milliseconds since the epoch.
 */
export function signedHeaders(
  { secret, formerSecret }: Pick<WebhookRecord, "secret" | "formerSecret">,
  id: string,
  now: number,
  body: string,
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const timestamp = String(Math.floor(now / 1000));
  const secrets = formerSecret !== null && now < formerSecret.until ? [secret, formerSecret.secret] : [secret];
  const signatures = secrets.map((each) => `v1,${signatureOf(each, `${id}.${timestamp}.${body}`)}`);
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

function signatureOf(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return createHmac("sha256", key).update(content).digest("base64");
}
