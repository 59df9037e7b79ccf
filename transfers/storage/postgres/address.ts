/** Where a database listens: on a host, or on a socket of this machine. */
export type DatabasePeer = { readonly host: string } | { readonly socket: string };

const DEFAULT_PORT = "5432";
/** User and password, then a host or nothing, its port, the database, and settings. */
const ADDRESS = /^postgres(?:ql)?:\/\/[^@/?#]+@(?:\[([\da-f:.]+)\]|([^:@/?#[\]]*))(?::(\d+))?\/[^/?#]+(?:\?([^#]*))?$/i;

/**
 * Reads whom an address of a database, `postgres://user:password@host:port/database`, has the client connect to; undefined
 * where it is none. The folder of a socket stands for the host in `?host=/folder`, as PostgreSQL's own programs have it.
 */
export function databasePeer(address: string): DatabasePeer | undefined {
  // No name or path has a zero in it: neither the system nor Deno's flags take one.
  if (/%00|\0/.test(address)) return undefined;
  const [found, bracketed, named, port, settings] = ADDRESS.exec(address) ?? [];
  if (found === undefined) return undefined;
  try {
    const asked = new URLSearchParams(settings);
    const host = asked.get("host") ?? bracketed ?? decodeURIComponent(named!);
    if (host === "") return undefined;
    if (!host.startsWith("/")) return { host };
    return { socket: `${host.replace(/\/+$/, "")}/.s.PGSQL.${asked.get("port") ?? port ?? DEFAULT_PORT}` };
  } catch {
    // A host that is no text.
    return undefined;
  }
}

/** Settings that name files of certificates and keys. */
const FILES = ["sslrootcert", "sslcert", "sslkey"];

/** Files that the client reads when it connects to an address of a database. */
export function databaseFiles(address: string): string[] {
  const settings = new URLSearchParams(ADDRESS.exec(address)?.[4]);
  return FILES.map((name) => settings.get(name) ?? "").filter((path) => path !== "");
}

/**
 * An address as the client is to have it: it warns of each way to ask for encryption that it takes for the strictest, which
 * it does of all that ask for any unless `uselibpqcompat` has it do otherwise.
 */
export function strictAddress(address: string): string {
  if (/[?&]uselibpqcompat=/.test(address)) return address;
  return address.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, "$1verify-full");
}
