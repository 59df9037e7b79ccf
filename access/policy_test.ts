import assert from "node:assert/strict";
import { readConfig } from "../config.ts";
import { isError } from "../transfers/testing/errors.ts";
import { policyOf, RATES_WITH_CALLERS, readPolicy, USER_QUOTAS } from "./policy.ts";
import { NO_RATES } from "./rates.ts";

function config(variables: Record<string, string> = {}) {
  return readConfig((name) => variables[name]);
}

Deno.test("nothing but what waits is bounded where nobody shows who they are; users are where everybody does", () => {
  const free = { waiting: 100, running: null, bytes: null, pixelSteps: null, size: null, priority: null };
  const off = policyOf({}, config()).quotas;
  assert.deepEqual([off.USER, off.ADMIN], [free, free]);
  const { USER, ADMIN } = policyOf({}, config({ AUTH: "keys", MAX_QUEUED_PER_OWNER: "7" })).quotas;
  assert.deepEqual([USER, ADMIN], [{ ...USER_QUOTAS, waiting: 7 }, { ...free, waiting: 7 }]);
});

Deno.test("a file says what is otherwise for a role, and no more", () => {
  const found = { roles: { USER: { bytes: 5, size: null }, ADMIN: { waiting: 0 } } };
  const { USER, ADMIN } = policyOf(found, config({ AUTH: "keys" })).quotas;
  assert.deepEqual(USER, { ...USER_QUOTAS, waiting: 100, bytes: 5, size: null });
  assert.equal(ADMIN.waiting, 0);
});

Deno.test("rates are bounded where callers show who they are, and where the file says so", () => {
  assert.deepEqual(policyOf({}, config()).rates, NO_RATES);
  assert.deepEqual(policyOf({}, config({ AUTH: "keys" })).rates, RATES_WITH_CALLERS);
  const found = { rates: { requests: { limit: 5, seconds: 2 }, bytes: null } };
  assert.deepEqual(policyOf(found, config()).rates, { ...NO_RATES, requests: { limit: 5, seconds: 2 } });
  assert.deepEqual(policyOf(found, config({ AUTH: "keys" })).rates, {
    ...RATES_WITH_CALLERS,
    requests: { limit: 5, seconds: 2 },
    bytes: null,
  });
});

Deno.test("a policy that cannot be used is refused in one line that names what is wrong", async () => {
  const wrong: [unknown, ...string[]][] = [
    [[], "it that is no object", "roles, rates"],
    [{ role: {} }, '"role" in it', "roles"],
    [{ roles: { GUEST: {} } }, '"GUEST" in roles', "VIEWER, USER, ADMIN"],
    [{ roles: { USER: { wating: 1 } } }, '"wating" in roles.USER', "waiting, running"],
    [{ roles: { USER: { bytes: "1 GB" } } }, '"1 GB" for roles.USER.bytes', "whole number"],
    [{ roles: { USER: { bytes: -1 } } }, "-1 for roles.USER.bytes"],
    [{ roles: { USER: { pixelSteps: 1.5 } } }, "1.5 for roles.USER.pixelSteps"],
    [{ rates: { request: null } }, '"request" in rates', "requests, bytes, sockets, subscriptions"],
    [{ rates: { requests: 5 } }, "rates.requests that is no object", "limit, seconds"],
    [{ rates: { requests: { limit: 5 } } }, "undefined for rates.requests.seconds"],
    [{ rates: { bytes: { limit: 0, seconds: 1 } } }, "0 for rates.bytes.limit"],
  ];
  for (const [found, ...says] of wrong) {
    assert.throws(() => policyOf(found, config()), isError("BAD_USER_INPUT", "Cannot use POLICY: found ", ...says));
  }
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, '{"roles": {"USER": {"bytes": 3}}}');
    assert.equal((await readPolicy(config({ POLICY: path }))).quotas.USER.bytes, 3);
    await Deno.writeTextFile(path, "{");
    await assert.rejects(readPolicy(config({ POLICY: path })), isError("BAD_USER_INPUT", "not JSON"));
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(readPolicy(config({ POLICY: path })), isError("BAD_USER_INPUT", "no file that can be read"));
});
