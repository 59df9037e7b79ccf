import assert from "node:assert/strict";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import { newSecret, ROTATION_MILLISECONDS, signedHeaders } from "./signature.ts";

const BODY = `{"type":"transfer.succeeded","data":{"id":"ä"}}`;

Deno.test("newSecret() gives another one every time, of 32 bytes", () => {
  const [one, other] = [newSecret(), newSecret()];
  assert.notEqual(one, other);
  assert.match(one, /^whsec_[A-Za-z0-9+/]{43}=$/);
});

Deno.test("signedHeaders() gives what the public library verifies, and nothing else does", () => {
  const secret = newSecret();
  const headers = signedHeaders({ secret, formerSecret: null }, "d", Date.now(), BODY);
  assert.deepEqual(new Webhook(secret).verify(BODY, headers), JSON.parse(BODY));
  for (
    const [body, changed, key] of [
      [BODY.replace("ä", "a"), headers, secret],
      [BODY, { ...headers, "webhook-id": "e" }, secret],
      [BODY, { ...headers, "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 1) }, secret],
      [BODY, headers, newSecret()],
    ] as const
  ) {
    assert.throws(() => new Webhook(key).verify(body, changed), WebhookVerificationError);
  }
});

Deno.test("signedHeaders() gives the signature of a published example", () => {
  const now = 1_649_367_553_999;
  const headers = signedHeaders(
    { secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", formerSecret: null },
    "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    now,
    `{"email":"test@example.com","username":"test_user"}`,
  );
  assert.deepEqual(headers, {
    "webhook-id": "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    "webhook-timestamp": "1649367553",
    "webhook-signature": "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
  });
});

Deno.test("signedHeaders() signs with two secrets while they rotate, and then with the new one alone", () => {
  const [secret, former] = [newSecret(), newSecret()];
  const now = Date.now();
  const webhook = { secret, formerSecret: { secret: former, until: now + ROTATION_MILLISECONDS } };
  const during = signedHeaders(webhook, "d", now, BODY);
  assert.match(during["webhook-signature"], /^v1,\S{44} v1,\S{44}$/);
  for (const each of [secret, former]) assert.ok(new Webhook(each).verify(BODY, during));
  const after = signedHeaders({ secret, formerSecret: { secret: former, until: now } }, "d", now, BODY);
  assert.ok(new Webhook(secret).verify(BODY, after));
  assert.throws(() => new Webhook(former).verify(BODY, after), WebhookVerificationError);
});
