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
