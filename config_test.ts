import assert from "node:assert/strict";
import { authWays, CONFIG_VARIABLES, oidcSettings, readConfig, sharedSettings } from "./config.ts";

function read(variables: Record<string, string> = {}) {
  return readConfig((name) => variables[name]);
}

Deno.test("readConfig() has a default for everything, also where a variable is empty", () => {
  const config = read();
  assert.deepEqual(read(Object.fromEntries(CONFIG_VARIABLES.map((name) => [name, ""]))), config);
  assert.equal(`${config.host}:${config.port}`, "127.0.0.1:4000");
  assert.equal(config.weights, "auto");
  assert.deepEqual(config.corsOrigins, []);
});

Deno.test("callers show who they are where others than this machine's reach the server, unless it is said", () => {
  const ways = (variables: Record<string, string>) => authWays(read(variables));
  assert.deepEqual([ways({}), ways({ HOST: "::1" }), ways({ HOST: "localhost" })], [[], [], []]);
  assert.deepEqual([ways({ HOST: "0.0.0.0" }), ways({ HOST: "box.example" })], [["keys"], ["keys"]]);
  // A proxy on the same machine brings others in.
  assert.deepEqual([ways({ PUBLIC_URL: "https://a.example" }), ways({ PUBLIC_URL: "http://[::1]:8080" })], [
    ["keys"],
    [],
  ]);
  assert.deepEqual([ways({ HOST: "0.0.0.0", AUTH: "off" }), ways({ AUTH: "keys" })], [[], ["keys"]]);
});

Deno.test("readConfig() takes what is given", () => {
  const config = read({
    PORT: "0",
    STORE: "memory",
    ENGINE: "tensorflow",
    PRECISION: "float16",
    GPUS: "0, 2",
    WEIGHTS: "a file.npy",
    CHECKPOINT_SECONDS: "0.5",
    OIDC_SCOPES: "openid groups",
    OIDC_DEFAULT_ROLE: "none",
    CORS_ORIGINS: "https://a.example, http://b.example:8080",
    PUBLIC_URL: "https://c.example/gramcast/",
    TRUSTED_PROXIES: "127.0.0.1, fd00::/8",
    TRUSTED_DOCUMENTS: "documents.json",
  });
  assert.equal(config.port, 0);
  assert.equal(config.store, "memory");
  assert.equal(config.engine, "tensorflow");
  assert.equal(config.precision, "float16");
  assert.deepEqual(config.gpus, [0, 2]);
  assert.equal(config.weights, "a file.npy");
  assert.equal(config.checkpointSeconds, 0.5);
  assert.deepEqual([config.oidcScopes, config.oidcDefaultRole], ["openid groups", null]);
  assert.deepEqual(config.corsOrigins, ["https://a.example", "http://b.example:8080"]);
  assert.equal(config.publicUrl?.href, "https://c.example/gramcast/");
  assert.deepEqual(config.trustedProxies, ["127.0.0.1", "fd00::/8"]);
  assert.equal(config.trustedDocuments, "documents.json");
});

Deno.test("tokens are taken where it is said whose they are, and for whom", () => {
  // A slash more would be another issuer.
  const issuer = { OIDC_ISSUER: "https://login.example/", OIDC_AUDIENCE: "gramcast" };
  assert.equal(oidcSettings(read(issuer)), null);
  const { defaultRole, ...settings } = oidcSettings(read({ AUTH: "keys, oidc", ...issuer }))!;
  assert.deepEqual([settings.issuer, settings.audience, defaultRole], [
    "https://login.example/",
    "gramcast",
    "USER",
  ]);
  assert.ok(oidcSettings(read({ AUTH: "oidc", ...issuer, OIDC_ISSUER: "http://localhost:8080/realms/a" })));
  const fault = (variables: Record<string, string>) => {
    try {
      read(variables);
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(
    fault({ AUTH: "oidc" }),
    'Cannot use AUTH="oidc" without OIDC_ISSUER: wanted an https address, such as https://login.example.org/realms/main',
  );
  assert.equal(
    fault({ AUTH: "keys,oidc", OIDC_ISSUER: "https://login.example" }),
    'Cannot use AUTH="keys,oidc" without OIDC_AUDIENCE: wanted a text without spaces',
  );
});

Deno.test("a store that wants a key is not used without one, and no message tells a secret", () => {
  const fault = (variables: Record<string, string>) => {
    try {
      read({ BLOBS: "s3://bucket/prefix", ...variables });
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(fault({}), 'Cannot use BLOBS="s3://bucket" without AWS_ACCESS_KEY_ID: wanted the id of a key');
  assert.equal(
    fault({ AWS_ACCESS_KEY_ID: "ann" }),
    'Cannot use BLOBS="s3://bucket" without AWS_SECRET_ACCESS_KEY: wanted the key\'s secret',
  );
  assert.doesNotMatch(fault({ AWS_SECRET_ACCESS_KEY: "hush \n hush" })!, /hush/);
});

const WRONG: Readonly<Record<string, readonly string[]>> = {
  HOST: ["a b", "http://a"],
  AUTH: ["on", "keys,keys", "off,keys", "basic"],
  OIDC_ISSUER: [
    "login",
    "http://login.example",
    "https://login.example/?a",
    "https://me@login.example",
    "ftp://localhost",
  ],
  OIDC_AUDIENCE: ["a b"],
  OIDC_CLIENT_ID: ["a b"],
  OIDC_SCOPES: ["profile", "openid,profile", "openid  profile", "xopenid"],
  OIDC_OWNER_CLAIM: ["a b"],
  OIDC_DEFAULT_ROLE: ["USER", "off", "gramcast-user"],
  PORT: ["-1", "65536", "4000.5", "http", "0x10"],
  STORE: ["redis"],
  ROLE: ["workers", "API"],
  BLOBS: [
    ...[
      "folder",
      "/folder",
      "file://folder",
      "file://host/folder",
      "file:///",
      "file:///a?b",
      "file:///a%00b",
      "file:///a%2Fb",
      "file:///a%zz",
      "s3://",
      "s3://B",
      "s3://a",
    ],
    ...[
      "s3://bucket:9000/a",
      "s3://me@bucket",
      "s3://bucket/a b",
      "s3://bucket/../a",
      "s3://bucket?a",
      "https://bucket/a",
    ],
  ],
  S3_ENDPOINT: ["s3.example", "ftp://s3.example", "https://me@s3.example", "https://s3.example/?a"],
  S3_PUBLIC_ENDPOINT: ["s3.example"],
  S3_REGION: ["EU", "eu central"],
  S3_PATH_STYLE: ["yes"],
  ENGINE: ["cuda", "onnx:tpu", "onnx:cuda", "onnx:webgpu", "tensorflow:gpu"],
  PRECISION: ["half", "fp16", "16"],
  GPUS: ["all", "0,0", "1,", "-1"],
  MAX_IMAGE_BYTES: ["0", "25MB"],
  MAX_IMAGE_PIXELS: ["1"],
  MAX_QUEUED: ["0"],
  MAX_QUEUED_PER_OWNER: ["many"],
  ENGINE_MEMORY_BYTES: ["1000"],
  CHECKPOINT_SECONDS: ["0", "0.01", "5s", "1e9"],
  MAX_FRAMES_BYTES: ["0", "1GB"],
  RETENTION_DAYS: ["0"],
  RETENTION_BYTES: ["1"],
  CORS_ORIGINS: ["a.example", "https://a.example/path"],
  PUBLIC_URL: ["a.example", "ftp://a.example", "https://a.example/?a", "https://me@a.example", "https:a.example"],
  TRUSTED_PROXIES: ["proxy", "10.0.0.0/33", "10.0.0.1/", "10.0.0"],
};

Deno.test("a database is named whole, and no message tells what was given for one", () => {
  const read = (url: string) => readConfig((name) => name === "DATABASE_URL" ? url : undefined);
  const url = "postgres://ann:hush@db.example:6432/gramcast?sslmode=verify-full";
  assert.deepEqual([read(url).databaseUrl, read("").databaseUrl], [url, null]);
  const wrong = () => read("postgres://ann:hush@db.example");
  const message = "Cannot use DATABASE_URL as it is: wanted postgres://user:password@host:port/database, or nothing";
  assert.throws(wrong, { message });
});

Deno.test("readConfig() refuses a value in one line with the variable, the value and what it should be", async (t) => {
  for (const [name, values] of Object.entries(WRONG)) {
    for (const value of values) {
      await t.step(`${name}=${value}`, () => {
        assert.throws(() => read({ [name]: value }), (error: Error & { code: string; field: string }) => {
          assert.equal(error.code, "BAD_USER_INPUT");
          assert.equal(error.field, name);
          assert.ok(error.message.startsWith(`Cannot use ${name}="${value}": wanted `), error.message);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        });
      });
    }
  }
});

Deno.test("an engine of an earlier version is refused with the one that took its place", () => {
  const message = 'Cannot use ENGINE="onnx:webgpu": wanted webgpu, which took its place';
  assert.throws(() => read({ ENGINE: "onnx:webgpu" }), { code: "BAD_USER_INPUT", message });
});

Deno.test("what several servers need is there as a whole or not at all", () => {
  const shared = { DATABASE_URL: "postgres://ann:hush@db.example/gramcast", BLOBS: "file:///mnt/blobs" };
  const settings = (variables: Record<string, string>) => sharedSettings(read(variables));
  assert.equal(settings({}), null);
  for (const ROLE of ["all", "api", "worker"]) {
    assert.deepEqual(settings({ ...shared, ROLE }), {
      databaseUrl: shared.DATABASE_URL,
      blobs: { kind: "folder", path: "/mnt/blobs" },
    });
  }
  for (
    const [variables, field, message] of [
      [{ ROLE: "api" }, "DATABASE_URL", 'Cannot use ROLE="api" without DATABASE_URL: wanted postgres://'],
      [{ ROLE: "worker" }, "DATABASE_URL", 'Cannot use ROLE="worker" without DATABASE_URL: wanted postgres://'],
      [{ BLOBS: shared.BLOBS }, "DATABASE_URL", "Cannot use BLOBS without DATABASE_URL: wanted postgres://"],
      [{ DATABASE_URL: shared.DATABASE_URL }, "BLOBS", "Cannot use DATABASE_URL without BLOBS: wanted file://"],
      [{ ...shared, STORE: "memory" }, "STORE", 'Cannot use STORE="memory" with DATABASE_URL: wanted nothing'],
      [{ ...shared, ROLE: "api", GPUS: "0, 1" }, "GPUS", 'Cannot use GPUS="0,1" with ROLE="api": wanted ROLE=all'],
    ] as const
  ) {
    assert.throws(() => settings(variables), (error: Error & { field: string }) => {
      assert.equal(error.field, field);
      assert.ok(error.message.startsWith(message), error.message);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  }
});
