/**
 * All configuration, from environment variables, read and checked once.
 *
 * @module
 */
import { ENGINE_NAMES, REPLACED_ENGINES } from "./engine/backends/engines.ts";
import { isIP } from "node:net";
import { DEFAULT_PRECISION, type Precision, PRECISIONS } from "./engine/backends/precision.ts";
import { GramcastError } from "./errors.ts";
import { type Role, ROLES } from "./transfers/caller.ts";
import { type BlobAddress, parseBlobAddress } from "./transfers/storage/blobs/address.ts";
import type { S3Credentials, S3Place } from "./transfers/storage/blobs/s3_place.ts";
import { databasePeer } from "./transfers/storage/postgres/address.ts";

/** Ways in which callers show who they are. */
export const AUTH_WAYS = ["keys", "oidc"] as const;
export type AuthWay = (typeof AUTH_WAYS)[number];

/** What a server does: answer callers, run transfers, or both. */
export const SERVER_ROLES = ["all", "api", "worker"] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

export interface Config {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly serverRole: ServerRole;
  /** In which ways callers show who they are, none for a server that asks nobody; `auto` leaves it to `authWays`. */
  readonly auth: "auto" | readonly AuthWay[];
  /** Who issues the tokens of `oidc`, as it stands in them; null where there is none. */
  readonly oidcIssuer: string | null;
  /** For whom tokens have to be; null where there is no issuer. */
  readonly oidcAudience: string | null;
  /** What the studio is called at the issuer; null where nobody signs in there. */
  readonly oidcClientId: string | null;
  /** What it asks the issuer for, separated by spaces. */
  readonly oidcScopes: string;
  /** Claims that name the owner, the person and the roles. */
  readonly oidcOwnerClaim: string;
  readonly oidcNameClaim: string;
  readonly oidcRolesClaim: string;
  /** The role of who has none; null for whom nothing is open. */
  readonly oidcDefaultRole: Role | null;
  /** Where transfers, and images are kept. */
  readonly dataDir: string;
  /** `memory` forgets everything at exit. */
  readonly store: "sqlite" | "memory";
  /** The database that servers share; null where one process is alone with what is in `dataDir`. It may hold a password. */
  readonly databaseUrl: string | null;
  /** Where servers that share a database have pictures, frames and checkpoints; null where they are in `dataDir`. */
  readonly blobs: BlobAddress | null;
  /** Where S3 is; null for Amazon's of the region. */
  readonly s3Endpoint: URL | null;
  /** Where browsers reach it; null where pictures pass through this server. */
  readonly s3PublicEndpoint: URL | null;
  readonly s3Region: string;
  /** Whether the bucket stands in the path; `auto` leaves it to `blobSettings`. */
  readonly s3PathStyle: "auto" | "on" | "off";
  readonly awsAccessKeyId: string | null;
  readonly awsSecretAccessKey: string | null;
  readonly awsSessionToken: string | null;
  /** `auto`, or one of `ENGINE_NAMES`. */
  readonly engine: string;
  /** The coarsest in which convolutions may be computed where a device is faster by it. */
  readonly precision: Precision;
  /** Numbers of the GPUs that each get an engine process of their own; none for one process that sees all. */
  readonly gpus: readonly number[];
  /** `auto` for the VGG16 that ships, or the path of a file. */
  readonly weights: string;
  /** Bytes of one encoded picture. */
  readonly maxImageBytes: number;
  /** Pixels of one decoded picture. */
  readonly maxImagePixels: number;
  /** Transfers that may wait, in all and for one owner. */
  readonly maxQueued: number;
  readonly maxQueuedPerOwner: number;
  /** Bytes that one engine process may take before it is ended. */
  readonly engineMemoryBytes: number;
  /** Seconds of work between checkpoints; where they are large they are further apart. */
  readonly checkpointSeconds: number;
  /** Bytes that the kept frames of one transfer may take. */
  readonly maxFramesBytes: number;
  /** Days that ended transfers are kept, and bytes that all of them may take. */
  readonly retentionDays: number;
  readonly retentionBytes: number;
  /** Where the server is reached from outside, a path included; null where that is where it listens. */
  readonly publicUrl: URL | null;
  /** Addresses and networks of proxies whose `Forwarded` and `X-Forwarded-…` are believed. */
  readonly trustedProxies: readonly string[];
  /** Path of the file of quotas and rates by role; null for the defaults. */
  readonly policy: string | null;
  /** Path of a file of documents that may be asked for by their ids; null for none. */
  readonly trustedDocuments: string | null;
  /** Path or name of the program that writes films; null for none. */
  readonly ffmpeg: string | null;
  /** How the log is written: for people, or as an object of JSON a line. */
  readonly logFormat: "text" | "json";
  /** Pages of other origins that may use the API; `*` for any. */
  readonly corsOrigins: readonly string[];
  /** Whether webhooks may lead to addresses and ports that are not on the public network. */
  readonly webhookPrivateAddresses: "refuse" | "allow";
}

interface Setting<T> {
  readonly variable: string;
  readonly fallback: string;
  readonly wanted: string;
  /** What it sets, for docs/configuration.md. */
  readonly help: string;
  /** Undefined when the text is not a value. */
  readonly parse: (text: string) => T | undefined;
  /** Values of earlier versions, and what took the place of each. */
  readonly replaced?: Readonly<Record<string, string>>;
  /** Whether a value may hold what no message may. */
  readonly secret?: boolean;
}

function text(
  variable: string,
  fallback: string,
  wanted: string,
  help: string,
  pattern = /^.+$/,
): Setting<string> {
  return { variable, fallback, wanted, help, parse: (value) => pattern.test(value) ? value : undefined };
}

function wholeNumber(variable: string, fallback: number, low: number, high: number, help: string): Setting<number> {
  return {
    variable,
    help,
    fallback: String(fallback),
    wanted: `a whole number from ${low} to ${high}`,
    parse: (value) => {
      const number = /^\d+$/.test(value) ? Number(value) : NaN;
      return number >= low && number <= high ? number : undefined;
    },
  };
}

/** Whether a text is an IP address, or one with the bits of its network. */
function isNetwork(text: string): boolean {
  const [, address = "", bits = "0"] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  return isIP(address) !== 0 && Number(bits) <= (isIP(address) === 6 ? 128 : 32);
}

function claim(variable: string, fallback: string, help: string): Setting<string> {
  return text(variable, fallback, "the name of a claim", `with \`AUTH=oidc\`: ${help}`, /^\S{1,255}$/);
}

/** What an issuer calls something; null where it is not set. */
function named(variable: string, help: string): Setting<string | null> {
  const parse = (value: string) => value === "" ? null : /^\S{1,255}$/.test(value) ? value : undefined;
  return { variable, help, fallback: "", wanted: "a text without spaces, or nothing", parse };
}

/** The address of a server, a path included; null where it is not set. */
function address(variable: string, example: string, help: string): Setting<URL | null> {
  return {
    variable,
    help,
    fallback: "",
    wanted: `an http or https address, such as ${example}, or nothing`,
    parse: (value) => {
      const url = URL.parse(value);
      if (value === "" || !url) return value === "" ? null : undefined;
      return /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(value) ? url : undefined;
    },
  };
}

/** Whatever is given is taken: it could not be named in a message. */
function secret(variable: string, wanted: string, help: string): Setting<string | null> {
  return { variable, help, fallback: "", wanted, parse: (value) => value === "" ? null : value };
}

const MEBIBYTE = 2 ** 20;

const SETTINGS = {
  host: text("HOST", "127.0.0.1", "an address or host name to listen on", "where the server listens", /^[\w.:-]+$/),
  port: wholeNumber("PORT", 4000, 0, 65535, "the port that it listens on; 0 takes any free one"),
  serverRole: {
    variable: "ROLE",
    help:
      "what a server of several does: `api` answers callers, `worker` runs transfers, `all` does both ([scale](scale.md))",
    fallback: "all",
    wanted: "all, api or worker",
    parse: (value: string) => SERVER_ROLES.find((role) => role === value),
  },
  auth: {
    variable: "AUTH",
    help:
      "how callers show who they are ([access](access.md)); `auto`: `off` where `HOST` is this machine alone and `PUBLIC_URL` leads nowhere else, else `keys`",
    fallback: "auto",
    wanted: `auto, off, or ${AUTH_WAYS.join(", ")}`,
    parse: (value: string) => {
      if (value === "auto") return value;
      const ways = value === "off"
        ? []
        : value.split(",").map((way) => AUTH_WAYS.find((known) => known === way.trim()));
      return ways.every((way) => way !== undefined) && new Set(ways).size === ways.length ? ways : undefined;
    },
  },
  oidcIssuer: {
    variable: "OIDC_ISSUER",
    help: "with `AUTH=oidc`: who issues the tokens, exactly as their `iss` has it",
    fallback: "",
    wanted: "an https address, such as https://login.example.org/realms/main, or nothing",
    parse: (value: string) => {
      const url = URL.parse(value);
      if (value === "" || !url) return value === "" ? null : undefined;
      const safe = url.protocol === "https:" || url.protocol === "http:" && isLoopback(url.hostname);
      return safe && /^https?:\/\/[^?#@]+$/.test(value) ? value : undefined;
    },
  },
  oidcAudience: named("OIDC_AUDIENCE", "with `AUTH=oidc`: for whom tokens are, as their `aud` has it"),
  oidcClientId: named(
    "OIDC_CLIENT_ID",
    "with `AUTH=oidc`: the studio's client, a public one; without, it takes keys only",
  ),
  oidcScopes: text(
    "OIDC_SCOPES",
    "openid profile",
    "scopes separated by spaces, openid among them",
    "what the studio asks the issuer for; some want `offline_access` to let one stay signed in",
    /^(?=(.* )?openid( |$))[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
  ),
  oidcOwnerClaim: claim(
    "OIDC_OWNER_CLAIM",
    "sub",
    "the claim that names the owner; what nobody can choose for themselves",
  ),
  oidcNameClaim: claim("OIDC_NAME_CLAIM", "preferred_username", "the claim that is shown as the name"),
  oidcRolesClaim: claim(
    "OIDC_ROLES_CLAIM",
    "roles",
    "the claim with the roles, a path such as `realm_access.roles` too: `gramcast-viewer`, `gramcast-user`, `gramcast-admin`",
  ),
  oidcDefaultRole: {
    variable: "OIDC_DEFAULT_ROLE",
    help: "the role of who has none of these; `none` lets them not in",
    fallback: "user",
    wanted: "none, viewer, user or admin",
    parse: (value: string) =>
      value === "none" ? null : (Object.keys(ROLES) as Role[]).find((role) => role.toLowerCase() === value),
  },
  dataDir: text("DATA_DIR", "./data", "a directory that can be written", "where transfers and pictures are kept"),
  store: {
    variable: "STORE",
    help: "where transfers are kept: in `DATA_DIR`, or in memory until the server stops",
    fallback: "sqlite",
    wanted: "sqlite or memory",
    parse: (value: string) => value === "sqlite" || value === "memory" ? value : undefined,
  },
  databaseUrl: {
    variable: "DATABASE_URL",
    help: "the PostgreSQL that servers share ([scale](scale.md)), so that any number of them work together",
    fallback: "",
    wanted: "postgres://user:password@host:port/database, or nothing",
    parse: (value: string) => value === "" ? null : databasePeer(value) && value,
    secret: true,
  },
  blobs: {
    variable: "BLOBS",
    help: "where servers that share a database have pictures, frames and checkpoints ([blobs](blobs.md))",
    fallback: "",
    wanted: "file:///folder, s3://bucket/prefix, or nothing",
    parse: (value: string) => value === "" ? null : parseBlobAddress(value),
  },
  s3Endpoint: address(
    "S3_ENDPOINT",
    "https://s3.example.org",
    "with `BLOBS=s3://…`: where S3 is, path included; without, Amazon's of the region",
  ),
  s3PublicEndpoint: address(
    "S3_PUBLIC_ENDPOINT",
    "https://s3.example.org",
    "with `BLOBS=s3://…`: where browsers reach it ([links](blobs.md#links)); without, pictures pass through the server",
  ),
  s3Region: text(
    "S3_REGION",
    "us-east-1",
    "a region, such as eu-central-1",
    "with `BLOBS=s3://…`: the region that requests are signed for",
    /^[a-z0-9-]+$/,
  ),
  s3PathStyle: {
    variable: "S3_PATH_STYLE",
    help:
      "with `BLOBS=s3://…`: whether the bucket stands in the path of addresses; `auto`: with `S3_ENDPOINT`, or where it has a dot",
    fallback: "auto",
    wanted: "auto, on or off",
    parse: (value: string) => value === "auto" || value === "on" || value === "off" ? value : undefined,
  },
  awsAccessKeyId: secret("AWS_ACCESS_KEY_ID", "the id of a key", "with `BLOBS=s3://…`: the id of the key"),
  awsSecretAccessKey: secret("AWS_SECRET_ACCESS_KEY", "the key's secret", "with `BLOBS=s3://…`: the key's secret"),
  awsSessionToken: secret(
    "AWS_SESSION_TOKEN",
    "a token, or nothing",
    "with `BLOBS=s3://…`: the token of a key for a time",
  ),
  engine: {
    variable: "ENGINE",
    help: "what computes ([GPUs](gpu.md)); `auto` takes the fastest that works",
    fallback: "auto",
    wanted: `auto, ${ENGINE_NAMES.slice(0, -1).join(", ")} or ${ENGINE_NAMES.at(-1)}`,
    parse: (value: string) => ["auto", ...ENGINE_NAMES].find((engine) => engine === value),
    replaced: REPLACED_ENGINES,
  },
  precision: {
    variable: "PRECISION",
    help: "the coarsest precision allowed for convolutions, on GPUs that are faster with it ([GPUs](gpu.md#precision))",
    fallback: DEFAULT_PRECISION,
    wanted: "float32, tf32 or float16",
    parse: (value: string) => PRECISIONS.find((precision) => precision === value),
  },
  gpus: {
    variable: "GPUS",
    help: "the CUDA devices that each get an engine process of their own ([GPUs](gpu.md#nvidia))",
    fallback: "",
    wanted: "numbers of NVIDIA GPUs separated by commas, such as 0,1, or nothing",
    parse: (value: string) => {
      const gpus = value === "" ? [] : value.split(",").map((each) => /^\s*\d+\s*$/.test(each) ? Number(each) : NaN);
      return gpus.every(Number.isInteger) && new Set(gpus).size === gpus.length ? gpus : undefined;
    },
  },
  weights: text(
    "WEIGHTS",
    "auto",
    "auto, or the path of a file",
    "VGG16's parameters: those that ship, or [your own](../README.md#weights)",
  ),
  maxImageBytes: wholeNumber("MAX_IMAGE_BYTES", 25 * MEBIBYTE, 1024, 1024 * MEBIBYTE, "size of an encoded picture"),
  maxImagePixels: wholeNumber("MAX_IMAGE_PIXELS", 50_000_000, 1024, 1_000_000_000, "pixels of a decoded picture"),
  maxQueued: wholeNumber("MAX_QUEUED", 1000, 1, 1_000_000, "waiting transfers, of all owners"),
  maxQueuedPerOwner: wholeNumber(
    "MAX_QUEUED_PER_OWNER",
    100,
    1,
    1_000_000,
    "waiting transfers of one owner, where `POLICY` says no other number",
  ),
  engineMemoryBytes: wholeNumber(
    "ENGINE_MEMORY_BYTES",
    12 * 1024 * MEBIBYTE,
    512 * MEBIBYTE,
    2 ** 50,
    "memory of an engine process: above it the process is ended, and transfers that cannot fit are refused beforehand",
  ),
  checkpointSeconds: {
    variable: "CHECKPOINT_SECONDS",
    help: "seconds of work between checkpoints; large checkpoints are further apart",
    fallback: "5",
    wanted: "a number from 0.1 to 3600",
    parse: (value: string) => {
      const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
      return number >= 0.1 && number <= 3600 ? number : undefined;
    },
  },
  maxFramesBytes: wholeNumber(
    "MAX_FRAMES_BYTES",
    1024 * MEBIBYTE,
    MEBIBYTE,
    2 ** 50,
    "size of the kept frames of one transfer with `keepFrames`: above it every second frame is removed",
  ),
  retentionDays: wholeNumber("RETENTION_DAYS", 30, 1, 36_500, "days that ended transfers and unused uploads are kept"),
  retentionBytes: wholeNumber(
    "RETENTION_BYTES",
    10 * 1024 * MEBIBYTE,
    MEBIBYTE,
    2 ** 50,
    "size of all pictures, frames and logs together: above it the oldest ended transfers go",
  ),
  publicUrl: address(
    "PUBLIC_URL",
    "https://example.org/gramcast",
    "where the server is reached from outside, path included ([behind a proxy](operations.md#behind-a-proxy))",
  ),
  trustedProxies: {
    variable: "TRUSTED_PROXIES",
    help: "proxies whose `X-Forwarded-…` and `Forwarded` headers are believed",
    fallback: "",
    wanted: "addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8, or nothing",
    parse: (value: string) => {
      const proxies = value.split(",").map((proxy) => proxy.trim()).filter((proxy) => proxy !== "");
      return proxies.every(isNetwork) ? proxies : undefined;
    },
  },
  trustedDocuments: {
    variable: "TRUSTED_DOCUMENTS",
    help: "documents that clients may name by id ([API](api.md#transports))",
    fallback: "",
    wanted: "the path of a JSON file, or nothing",
    parse: (value: string) => value === "" ? null : value,
  },
  ffmpeg: {
    variable: "FFMPEG",
    help:
      "the FFmpeg that writes [films](moving.md#films), by its path, or by its name in one of the system's usual folders; without it there is no MP4",
    fallback: "",
    wanted: "the path or the name of a program, without a comma, or nothing",
    parse: (value: string) => value === "" ? null : value.includes(",") ? undefined : value,
  },
  logFormat: {
    variable: "LOG_FORMAT",
    help: "how the log is written: for people, or an object of JSON a line ([logs](operations.md#logs))",
    fallback: "text",
    wanted: "text or json",
    parse: (value: string) => value === "text" || value === "json" ? value : undefined,
  },
  policy: {
    variable: "POLICY",
    help: "what each role may have and do ([shares and rates](shares.md))",
    fallback: "",
    wanted: "the path of a JSON file, or nothing",
    parse: (value: string) => value === "" ? null : value,
  },
  corsOrigins: {
    variable: "CORS_ORIGINS",
    help: "origins of other pages that may use the API; `*` for any",
    fallback: "",
    wanted: "origins separated by commas, such as https://example.org, or *",
    parse: (value: string) => {
      const origins = value.split(",").map((origin) => origin.trim()).filter((origin) => origin !== "");
      return origins.every((origin) => origin === "*" || URL.parse(origin)?.origin === origin) ? origins : undefined;
    },
  },
  webhookPrivateAddresses: {
    variable: "WEBHOOK_PRIVATE_ADDRESSES",
    help:
      "whether [webhooks](webhooks.md) may lead into private networks and to any port; `allow` lets whoever starts transfers reach what the server reaches",
    fallback: "refuse",
    wanted: "refuse or allow",
    parse: (value: string) => value === "refuse" || value === "allow" ? value : undefined,
  },
} satisfies { [K in keyof Config]: Setting<Config[K]> };

/** What `readConfig` looks at, as text: the variable, its default, the values that it takes, and what it sets. */
export const CONFIG_SETTINGS: readonly Omit<Setting<unknown>, "parse">[] = Object.values(SETTINGS);

/** Names of the variables that `readConfig` looks at: what `--allow-env` must grant. */
export const CONFIG_VARIABLES: readonly string[] = CONFIG_SETTINGS.map(({ variable }) => variable);

/**
 * Reads the configuration.
 *
 * @param get Looks a variable up; `Deno.env.get` in production.
 * @throws {GramcastError} BAD_USER_INPUT naming the variable, its value and what it should be.
 */
export function readConfig(get: (variable: string) => string | undefined): Config {
  const entries = Object.entries(SETTINGS).map(([key, setting]) => {
    const given = get(setting.variable);
    const value = setting.parse(given === undefined || given === "" ? setting.fallback : given);
    if (value === undefined) {
      throw new GramcastError(
        "BAD_USER_INPUT",
        `Cannot use ${setting.variable}${shown(setting, given)}: wanted ${wantedFor(setting, given)}`,
        { field: setting.variable },
      );
    }
    return [key, value];
  });
  const config = Object.fromEntries(entries) as Config;
  oidcSettings(config);
  blobSettings(config);
  return config;
}

function wantedFor({ wanted, replaced = {} }: Setting<unknown>, given = ""): string {
  const successor = replaced[given];
  return successor === undefined ? wanted : `${successor}, which took its place`;
}

function shown({ secret = false }: Setting<unknown>, given: string | undefined): string {
  return secret ? " as it is" : `="${given}"`;
}

/** In which ways callers have to show who they are: without a word on it, whoever is on this machine does not have to. */
export function authWays({ auth, host, publicUrl }: Pick<Config, "auth" | "host" | "publicUrl">): readonly AuthWay[] {
  if (auth !== "auto") return auth;
  // Behind a proxy others come from this machine too.
  return isLoopback(host) && (publicUrl === null || isLoopback(publicUrl.hostname)) ? [] : ["keys"];
}

/** How tokens of an OpenID Connect issuer are taken. */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string | null;
  readonly scopes: string;
  readonly ownerClaim: string;
  readonly nameClaim: string;
  readonly rolesClaim: string;
  readonly defaultRole: Role | null;
}

/**
 * Null where no tokens are taken.
 *
 * @throws {GramcastError} BAD_USER_INPUT where they are and it is not said whose.
 */
export function oidcSettings(config: Config): OidcSettings | null {
  if (!authWays(config).includes("oidc")) return null;
  const { oidcIssuer: issuer, oidcAudience: audience } = config;
  if (issuer !== null && audience !== null) {
    return {
      issuer,
      audience,
      clientId: config.oidcClientId,
      scopes: config.oidcScopes,
      ownerClaim: config.oidcOwnerClaim,
      nameClaim: config.oidcNameClaim,
      rolesClaim: config.oidcRolesClaim,
      defaultRole: config.oidcDefaultRole,
    };
  }
  const { variable, wanted } = issuer === null ? SETTINGS.oidcIssuer : SETTINGS.oidcAudience;
  const message = `Cannot use AUTH="${authWays(config).join(",")}" without ${variable}: wanted ${
    wanted.replace(/, or nothing$/, "")
  }`;
  throw new GramcastError("BAD_USER_INPUT", message, { field: variable });
}

/** Where blobs are, and how one gets there. */
export type BlobSettings =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "s3"; readonly place: S3Place; readonly credentials: S3Credentials };

/**
 * Null where there is no such place.
 *
 * @throws {GramcastError} BAD_USER_INPUT where there is and it is not said with what key.
 */
export function blobSettings(config: Config): BlobSettings | null {
  const { blobs, s3Endpoint, s3PublicEndpoint, s3Region: region, s3PathStyle } = config;
  if (blobs?.kind !== "s3") return blobs;
  const { bucket, prefix } = blobs;
  const { awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey, awsSessionToken: sessionToken } = config;
  if (accessKeyId === null || secretAccessKey === null) {
    const { variable, wanted } = accessKeyId === null ? SETTINGS.awsAccessKeyId : SETTINGS.awsSecretAccessKey;
    const message = `Cannot use BLOBS="s3://${bucket}" without ${variable}: wanted ${wanted}`;
    throw new GramcastError("BAD_USER_INPUT", message, { field: variable });
  }
  const place = {
    endpoint: s3Endpoint ?? new URL(`https://s3.${region}.amazonaws.com`),
    publicEndpoint: s3PublicEndpoint,
    region,
    bucket,
    prefix,
    // A certificate is for one name before the host's.
    pathStyle: s3PathStyle === "auto" ? s3Endpoint !== null || bucket.includes(".") : s3PathStyle === "on",
  };
  return { kind: "s3", place, credentials: { accessKeyId, secretAccessKey, sessionToken } };
}

/** What several servers share. */
export interface SharedSettings {
  readonly databaseUrl: string;
  readonly blobs: BlobSettings;
}

/**
 * Null for a server that is alone with what it keeps.
 *
 * @throws {GramcastError} BAD_USER_INPUT where what several servers need is half there.
 */
export function sharedSettings(config: Config): SharedSettings | null {
  const { serverRole, databaseUrl, store, gpus } = config;
  const blobs = blobSettings(config);
  const refused = (what: string, { variable, wanted }: Setting<unknown>) =>
    new GramcastError("BAD_USER_INPUT", `Cannot use ${what}: wanted ${wanted.replace(/, or nothing$/, "")}`, {
      field: variable,
    });
  if (databaseUrl === null) {
    if (serverRole !== "all") throw refused(`ROLE="${serverRole}" without DATABASE_URL`, SETTINGS.databaseUrl);
    if (blobs !== null) throw refused("BLOBS without DATABASE_URL", SETTINGS.databaseUrl);
    return null;
  }
  if (blobs === null) throw refused("DATABASE_URL without BLOBS", SETTINGS.blobs);
  if (store === "memory") throw refused(`STORE="memory" with DATABASE_URL`, { ...SETTINGS.store, wanted: "nothing" });
  if (serverRole === "api" && gpus.length > 0) {
    throw refused(`GPUS="${gpus.join(",")}" with ROLE="api"`, { ...SETTINGS.gpus, wanted: "ROLE=all or worker" });
  }
  return { databaseUrl, blobs };
}

/** Whether a host name or an address, as it stands in a URL or in HOST, leads back to the same machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

/** The path of a public URL without a slash at its end; empty where there is none. */
export function basePath(publicUrl: URL | null): string {
  return publicUrl?.pathname.replace(/\/+$/, "") ?? "";
}
