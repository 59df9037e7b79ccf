import assert from "node:assert/strict";
import { base64url, CompactSign, exportSPKI, generateKeyPair, generateSecret, importJWK, type JWTPayload } from "jose";
import type { OidcSettings } from "../config.ts";
import { ERROR_CODES } from "../errors.ts";
import { lineLog } from "../transfers/log.ts";
import { FakeClock } from "../transfers/testing/fake_clock.ts";
import { COOL_DOWN_MS } from "./issuer.ts";
import { OidcTokens } from "./oidc_tokens.ts";
import { CLIENT, TestIssuer } from "./testing/test_issuer.ts";

/** `exp` of a token that outlasts every test. */
const NEVER = 10 ** 9;
const DISCOVERY = "/.well-known/openid-configuration";

interface Stage extends AsyncDisposable {
  readonly issuer: TestIssuer;
  readonly clock: FakeClock;
  readonly tokens: OidcTokens;
  readonly log: string[];
}

async function open(settings: Partial<OidcSettings> = {}): Promise<Stage> {
  const issuer = await TestIssuer.start();
  const clock = new FakeClock();
  const log: string[] = [];
  const add = (line: string) => void log.push(line);
  const tokens = new OidcTokens({ ...issuer.settings, ...settings }, clock, lineLog(add, add));
  return { issuer, clock, tokens, log, [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose]() };
}

/** The caller whom a token of the issuer with these claims makes. */
async function callerOf({ tokens, issuer, clock }: Stage, claims: JWTPayload = {}) {
  return (await tokens.identify(await issuer.token(clock.now(), claims)))!.caller;
}

async function refused({ tokens }: Stage, token: string, code: keyof typeof ERROR_CODES, message = /./): Promise<void> {
  await assert.rejects(tokens.identify(token), (error: Error & { code: string }) => {
    assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
    return true;
  });
}

Deno.test("a token says who is asking, until it expires", async () => {
  await using stage = await open();
  const { issuer, clock, tokens } = stage;
  const seconds = Math.floor(clock.now() / 1000);
  assert.deepEqual(await tokens.identify(await issuer.token(clock.now())), {
    caller: { name: "ann", owner: "oidc:5f1c", role: "USER", follows: null },
    expiresAt: (seconds + issuer.lifetime) * 1000,
    origin: null,
  });
  const among = await issuer.token(clock.now(), { aud: ["other", CLIENT] });
  assert.ok(await tokens.identify(among));
  for (const type of ["JWT", "at+jwt", "application/at+jwt"]) {
    assert.ok(await tokens.identify(await issuer.token(clock.now(), {}, { header: { typ: type } })));
  }
  for (const other of ["gram_1", "gramshare_a.b", "x", "a.b", "a.b.c.d"]) {
    assert.equal(await tokens.identify(other), undefined);
  }
});

Deno.test("issuers sign in every way that has a public key", async () => {
  await using stage = await open();
  for (const algorithm of ["PS256", "ES384", "EdDSA"]) {
    await stage.issuer.rotate(algorithm);
    assert.equal((await callerOf(stage)).name, "ann");
    stage.clock.advance(COOL_DOWN_MS);
  }
});

Deno.test("claims name the owner, the person and the role, as it is set", async () => {
  await using stage = await open({ ownerClaim: "email", nameClaim: "profile.nick", rolesClaim: "realm_access.roles" });
  const claims = { email: "ann@example.org", profile: { nick: "Ann" } };
  assert.deepEqual(await callerOf(stage, { ...claims, realm_access: { roles: ["admin", "gramcast-viewer"] } }), {
    name: "Ann",
    owner: "oidc:ann@example.org",
    role: "VIEWER",
    follows: null,
  });
  const roleOf = async (roles: unknown) => (await callerOf(stage, { ...claims, realm_access: { roles } })).role;
  assert.equal(await roleOf(["gramcast-user", "gramcast-admin", "gramcast-viewer"]), "ADMIN");
  assert.equal(await roleOf("openid gramcast-admin"), "ADMIN");
  for (
    const none of [
      ["admin", "gramcast-ADMIN", "xgramcast-admin"],
      [["gramcast-admin"]],
      { "gramcast-admin": 1 },
      1,
      null,
    ]
  ) {
    assert.equal(await roleOf(none), "USER", JSON.stringify(none));
  }
  // A claim whose name has dots is no path.
  assert.equal((await callerOf(stage, { ...claims, "realm_access.roles": ["gramcast-admin"] })).role, "ADMIN");
  assert.equal((await callerOf(stage, { email: "ann@example.org" })).name, "ann@example.org");
});

Deno.test("who has no role gets that which is set, or is not let in", async () => {
  await using viewers = await open({ defaultRole: "VIEWER" });
  assert.equal((await callerOf(viewers)).role, "VIEWER");
  await using none = await open({ defaultRole: null });
  await refused(none, await none.issuer.token(none.clock.now()), "FORBIDDEN", /gramcast-user.* claim roles/);
  assert.equal((await callerOf(none, { roles: ["gramcast-user"] })).role, "USER");
});

Deno.test("a token of another issuer, for others, of another time or without what is needed is refused", async () => {
  await using stage = await open();
  const { issuer, clock } = stage;
  const now = Math.floor(clock.now() / 1000);
  const wrong: readonly [JWTPayload, RegExp][] = [
    [{ iss: "https://elsewhere.example" }, /claim iss/],
    [{ iss: `${issuer.url}/` }, /claim iss/],
    [{ iss: undefined! }, /claim iss/],
    [{ aud: "other" }, /claim aud/],
    [{ aud: undefined! }, /claim aud/],
    [{ exp: now }, /expired/],
    [{ exp: now - 3600 }, /expired/],
    [{ exp: undefined! }, /claim exp/],
    [{ exp: "tomorrow" as never }, /claim exp/],
    [{ nbf: now + 61 }, /not valid yet/],
    [{ sub: undefined! }, /without the claim sub/],
    [{ sub: "" }, /without the claim sub/],
    [{ sub: 7 as never }, /without the claim sub/],
    [{ sub: "x".repeat(256) }, /without the claim sub/],
  ];
  for (const [claims, message] of wrong) {
    await refused(stage, await issuer.token(clock.now(), claims), "UNAUTHENTICATED", message);
  }
  // The issuer's clock may be ahead, for a minute.
  assert.ok(await callerOf(stage, { nbf: now + 59, iat: now + 59 }));
  const token = await issuer.token(clock.now());
  clock.advance(issuer.lifetime * 1000);
  await refused(stage, token, "UNAUTHENTICATED", /expired/);
});

Deno.test("a token that the issuer has not signed is refused, however it is made", async () => {
  await using stage = await open();
  const { issuer, clock } = stage;
  await issuer.rotate("RS256");
  const now = clock.now();
  const right = await issuer.token(now);
  const [header, claims, signature] = right.split(".") as [string, string, string];
  const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
  const stranger = await generateKeyPair("RS256", { extractable: true });
  const kid = issuer.key.id;
  // The public key, as a secret that everybody knows.
  const publicKey = await importJWK(issuer.key.jwk, "RS256", { extractable: true });
  assert.ok(publicKey instanceof CryptoKey);
  const spki = new TextEncoder().encode(
    await exportSPKI(publicKey),
  );
  const symmetric = (secret: Uint8Array) =>
    new CompactSign(base64url.decode(claims)).setProtectedHeader({ alg: "HS256", kid }).sign(secret);
  const tokens = {
    "nobody's": `${encode({ alg: "none" })}.${claims}.`,
    "nobody's, as NONE": `${encode({ alg: "NONE", kid })}.${claims}.${signature}`,
    "without its signature": `${header}.${claims}.`,
    "with another's claims": `${header}.${
      encode({ ...JSON.parse(new TextDecoder().decode(base64url.decode(claims))), sub: "eve" })
    }.${signature}`,
    "signed with the public key as text": await symmetric(spki),
    "signed with the public key as JWK": await symmetric(new TextEncoder().encode(JSON.stringify(issuer.key.jwk))),
    "signed by a stranger": await issuer.token(now, {}, { secret: stranger.privateKey }),
    "signed by a stranger, who brings the key": await issuer.token(now, {}, {
      secret: stranger.privateKey,
      header: { jwk: { kty: "RSA", n: "AQAB", e: "AQAB" }, jku: "https://elsewhere.example/keys", kid: undefined },
    }),
    "with a key of the wrong type": await issuer.token(now, {}, {
      secret: (await generateKeyPair("ES256")).privateKey,
      header: { alg: "ES256", kid },
    }),
    "of another kind": await issuer.token(now, {}, { header: { typ: "logout+jwt" } }),
    "with an extension that is not known": await issuer.token(now, {}, { header: { crit: ["exp"], exp: 1 } }).catch(
      () => `${encode({ alg: "RS256", kid, crit: ["x"], x: 1 })}.${claims}.${signature}`,
    ),
    "not JSON": `e30.${base64url.encode("x")}.${signature}`,
    "without an algorithm": `${encode({ kid })}.${claims}.${signature}`,
  };
  for (const [how, token] of Object.entries(tokens)) {
    await assert.rejects(stage.tokens.identify(token), { code: "UNAUTHENTICATED" }, how);
  }
  assert.ok(await stage.tokens.identify(right));
});

Deno.test("a symmetric key among the issuer's is not taken, nor one for encryption", async () => {
  await using stage = await open();
  const { issuer, clock } = stage;
  const secret = await generateSecret("HS256", { extractable: true }) as CryptoKey;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", secret));
  const { jwk } = issuer.key;
  const keys = [{ kty: "oct", k: base64url.encode(raw), kid: "o", alg: "HS256" }, { ...jwk, use: "enc" }];
  issuer.instead.set("/keys", JSON.stringify({ keys }));
  const symmetric = await issuer.token(clock.now(), {}, { secret: raw, header: { alg: "HS256", kid: "o" } });
  await refused(stage, symmetric, "UNAUTHENTICATED");
  await refused(stage, await issuer.token(clock.now()), "UNAUTHENTICATED");
});

Deno.test("keys are rotated: a new one is asked for, an old one is forgotten", async () => {
  await using stage = await open();
  const { issuer, clock } = stage;
  const first = await issuer.token(clock.now(), { exp: NEVER });
  assert.ok(await stage.tokens.identify(first));
  clock.advance(COOL_DOWN_MS);
  await issuer.rotate();
  assert.equal((await callerOf(stage)).name, "ann");
  assert.ok(await stage.tokens.identify(first), "the issuer still has it");
  await issuer.rotate();
  clock.advance(600_000);
  await refused(stage, first, "UNAUTHENTICATED", /not signed by the issuer/);
  assert.equal((await callerOf(stage)).name, "ann");
});

Deno.test("however many tokens of unknown keys come, the issuer is asked once in half a minute", async () => {
  await using stage = await open();
  const { issuer, clock } = stage;
  const forged = () => issuer.token(clock.now(), {}, { header: { kid: crypto.randomUUID() } });
  for (let round = 1; round <= 3; round++) {
    const tokens = await Promise.all(Array.from({ length: 20 }, forged));
    await Promise.all(tokens.map((token) => refused(stage, token, "UNAUTHENTICATED")));
    assert.deepEqual(issuer.asked, Array(round).fill([DISCOVERY, "/keys"]).flat());
    clock.advance(COOL_DOWN_MS);
  }
  // What can be told without a key needs none.
  const symmetric = await issuer.token(clock.now(), {}, { secret: new Uint8Array(32), header: { alg: "HS256" } });
  await refused(stage, symmetric, "UNAUTHENTICATED");
  assert.equal(issuer.asked.length, 6);
});

Deno.test("while the issuer is down, its keys are good for an hour, and what they cannot tell is no fault of the caller", async () => {
  await using stage = await open();
  const { issuer, clock, log } = stage;
  issuer.broken = true;
  const early = await issuer.token(clock.now(), { exp: NEVER });
  await refused(stage, early, "ISSUER_UNAVAILABLE");
  await refused(stage, early, "ISSUER_UNAVAILABLE");
  assert.equal(issuer.asked.length, 1);
  assert.match(log.join("\n"), /Cannot ask the issuer .*status 500/);
  issuer.broken = false;
  clock.advance(COOL_DOWN_MS);
  assert.ok(await stage.tokens.identify(early));
  issuer.broken = true;
  clock.advance(3_600_000 - 1);
  assert.ok(await stage.tokens.identify(early));
  await issuer.rotate();
  await refused(stage, await issuer.token(clock.now()), "ISSUER_UNAVAILABLE");
  clock.advance(1);
  await refused(stage, early, "ISSUER_UNAVAILABLE");
  issuer.broken = false;
  clock.advance(COOL_DOWN_MS);
  assert.equal((await callerOf(stage)).name, "ann");
});

Deno.test("an issuer that says what cannot be is as one that says nothing", async (t) => {
  const answers: Readonly<Record<string, readonly [string, (url: string) => string]>> = {
    "another issuer": [DISCOVERY, (url) => JSON.stringify({ issuer: `${url}/`, jwks_uri: `${url}/keys` })],
    "no JSON": [DISCOVERY, () => "<html>"],
    "no object": [DISCOVERY, () => "[]"],
    "no addresses": [DISCOVERY, (url) => JSON.stringify({ issuer: url })],
    "no keys": ["/keys", () => "{}"],
    "more than is read": ["/keys", () => `{"keys": [], "x": "${"x".repeat(2 ** 18)}"}`],
  };
  for (const [name, [path, answer]] of Object.entries(answers)) {
    await t.step(name, async () => {
      await using stage = await open();
      stage.issuer.instead.set(path, answer(stage.issuer.url));
      await refused(stage, await stage.issuer.token(stage.clock.now()), "ISSUER_UNAVAILABLE");
      assert.equal(stage.log.length, 1);
      assert.equal(stage.tokens.issuer.endpoints, null);
    });
  }
});
