/**
 * What Deno lets each process of the program reach, where the configuration decides it; the rest stands in the tasks of
 * deno.json, which ask for these lists by name:
 *
 *     deno run … permissions.ts server-reads
 *
 * @module
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blobSettings, type Config, oidcSettings, readConfig } from "./config.ts";
import { LIBC_HINT, pathList } from "./engine/backends/permissions.ts";
import { GramcastError } from "./errors.ts";
import { databaseFiles, databasePeer } from "./transfers/storage/postgres/address.ts";
import { objectUrl } from "./transfers/storage/blobs/s3_place.ts";

const ROOT = fileURLToPath(new URL(".", import.meta.url));

/** Folders and files of the program: its pictures, pages and weights, and the modules of its threads. */
export const PROGRAM: readonly string[] = [
  ...["access", "engine", "images", "samples", "schema", "server", "studio", "terminal", "transfers", "weights"],
  ...["config.ts", "errors.ts", "limits.ts", "values.ts"],
];

/**
 * Networks that nobody on the public network is in, each with the bits of its prefix. Deno knows no ranges of IPv6; of
 * that, as of hosting companies' services with public addresses, are single addresses.
 */
const INSIDE: readonly (readonly [address: string, bits: number])[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["::1", 128],
];
/** Where hosting companies tell a machine its secrets, and what can be no peer of a connection; never opened. */
const NEVER = ["169.254.0.0/16", "168.63.129.16", "[fd00:ec2::254]", "224.0.0.0/4"];

/** A name that never leads anywhere. */
const NOWHERE = "nowhere.invalid";

/** What the server reads: the program, the data, and the files that the configuration names. */
export function serverReads(config: Config): string[] {
  const { weights, trustedDocuments, policy } = config;
  const named = [weights === "auto" ? null : weights, trustedDocuments, policy].filter((path) => path !== null);
  return [...programReads(), ...serverWrites(config), ...databaseCertificates(config), ...named];
}

/** What the server writes: the data. */
export function serverWrites(config: Config): string[] {
  const { dataDir, blobs } = config;
  return [dataDir, ...(blobs?.kind === "folder" ? [blobs.path] : []), ...databaseSockets(config)];
}

/** What the command that makes keys writes: where it makes them. */
function keysWrites(config: Config): string[] {
  return [config.dataDir, ...databaseSockets(config)];
}

/** Hosts and sockets that the command that makes keys connects to. Deno has no way to write that it is to none. */
function keysHosts(config: Config): string[] {
  const hosts = [...databaseHosts(config).map(bracketed), ...databaseSockets(config).map((path) => `unix:${path}`)];
  return hosts.length > 0 ? hosts : [NOWHERE];
}

function databaseHosts({ databaseUrl }: Config): string[] {
  const peer = databaseUrl === null ? undefined : databasePeer(databaseUrl);
  return peer !== undefined && "host" in peer ? [peer.host] : [];
}

function databaseSockets({ databaseUrl }: Config): string[] {
  const peer = databaseUrl === null ? undefined : databasePeer(databaseUrl);
  return peer !== undefined && "socket" in peer ? [peer.socket] : [];
}

function databaseCertificates({ databaseUrl }: Config): string[] {
  return databaseUrl === null ? [] : databaseFiles(databaseUrl);
}

/** Programs that the server starts: Deno for its engines, and the one that writes films. */
export function serverRuns({ ffmpeg }: Config): string[] {
  return [Deno.execPath(), ...(ffmpeg === null ? [] : [ffmpeg])];
}

/** What every process that loads the program's libraries reads. */
function programReads(): string[] {
  return [...PROGRAM.map((name) => join(ROOT, name)), LIBC_HINT];
}

/**
 * Hosts that the server may not connect to, and so does not whatever a picture's address resolves to: the networks behind
 * it, but for those that it listens in itself or that a peer named in the configuration is in, and unless webhooks may
 * lead there.
 *
 * @param addressesOf Looks a name up; the system's resolver unless told.
 */
export async function serverDeniedHosts(config: Config, addressesOf = resolveName): Promise<string[]> {
  if (config.webhookPrivateAddresses === "allow") return NEVER;
  const open = new Set<string>();
  for (const host of peersOf(config)) {
    const addresses = isIP(host) ? [host] : await addressesOf(host).catch(() => []);
    // Nobody can say where a name will lead that leads nowhere yet.
    if (addresses.length === 0) return NEVER;
    for (const address of addresses) open.add(address);
  }
  return [
    ...INSIDE.filter((network) => !open.values().some((address) => contains(network, address))).map(said),
    ...NEVER,
  ];
}

/** Names and addresses that the configuration has the server listen on or connect to. */
function peersOf(config: Config): string[] {
  const issuer = oidcSettings(config)?.issuer;
  const blobs = blobSettings(config);
  const urls = [
    ...(issuer === undefined ? [] : [new URL(issuer)]),
    ...(blobs?.kind === "s3" ? [objectUrl(blobs.place, blobs.place.endpoint, "")] : []),
  ];
  const hosts = urls.map(({ hostname }) => hostname.replace(/^\[(.*)\]$/, "$1"));
  return [config.host, ...hosts, ...databaseHosts(config)];
}

function contains([network, bits]: (typeof INSIDE)[number], address: string): boolean {
  const list = new BlockList();
  list.addSubnet(network, bits, family(network));
  return list.check(address, family(address));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function said([network, bits]: (typeof INSIDE)[number]): string {
  return isIP(network) === 6 ? bracketed(network) : `${network}/${bits}`;
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

async function resolveName(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** The lists by the names that the tasks ask by. */
export const LISTS: Readonly<Record<string, (config: Config) => readonly string[] | Promise<readonly string[]>>> = {
  "server-reads": serverReads,
  "server-writes": serverWrites,
  "server-runs": serverRuns,
  "keys-reads": (config) => [
    ...PROGRAM.map((name) => join(ROOT, name)),
    ...keysWrites(config),
    ...databaseCertificates(config),
  ],
  "keys-writes": keysWrites,
  "keys-hosts": keysHosts,
  "server-denied-hosts": (config) => serverDeniedHosts(config),
};

/** Whoever asks for a list reads the configuration too, and says what is wrong with it: until then defaults will do. */
function readableConfig(): Config {
  try {
    return readConfig((variable) => Deno.env.get(variable));
  } catch (error) {
    if (!(error instanceof GramcastError)) throw error;
    return readConfig(() => undefined);
  }
}

if (import.meta.main) {
  const [name = ""] = Deno.args;
  console.log(pathList(await LISTS[name]!(readableConfig())));
}
