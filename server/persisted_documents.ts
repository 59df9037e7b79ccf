/**
 * Documents that a client names instead of sending them: trusted ones, which whoever runs the server has listed, by their
 * `documentId`, and automatic persisted queries, which clients teach the server by their SHA-256 (Apollo's
 * `extensions.persistedQuery`; `documentId: "sha256:…"` names those, too).
 *
 * @module
 */
import type { GraphQLParams, Plugin } from "graphql-yoga";
import { LRUCache } from "lru-cache";
import { serverError } from "./errors.ts";

/** Characters of all documents that clients have taught. */
const MAX_CHARACTERS = 2 ** 22;
const HASH_PREFIX = "sha256:";

interface PersistedQuery {
  readonly version?: unknown;
  readonly sha256Hash?: unknown;
}

/**
 * Puts the document that a request names into it.
 *
 * @param trusted Documents by their ids.
 * @param maxCharacters Of one document that a client teaches.
 */
export function usePersistedDocuments(trusted: ReadonlyMap<string, string>, maxCharacters: number): Plugin {
  const taught = new LRUCache<string, string>({
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ length }) => length || 1,
  });
  const find = (id: string) =>
    trusted.get(id) ?? (id.startsWith(HASH_PREFIX) ? taught.get(id.slice(HASH_PREFIX.length)) : undefined);
  return {
    async onParams({ params, setParams }) {
      const { documentId, ...rest } = params as GraphQLParams & { readonly documentId?: string | null };
      const persisted = rest.extensions?.["persistedQuery"] as PersistedQuery | null | undefined;
      if (documentId !== null && documentId !== undefined) {
        if (rest.query) throw malformed("both query and documentId", "one of them");
        setParams({ ...rest, query: find(documentId) ?? notFound() });
      } else if (persisted !== null && persisted !== undefined) {
        const hash = hashOf(persisted);
        if (!rest.query) return setParams({ ...rest, query: find(HASH_PREFIX + hash) ?? notFound() });
        if (await sha256Hex(rest.query) !== hash) throw malformed("another document's sha256Hash", "the query's own");
        if (rest.query.length <= maxCharacters) taught.set(hash, rest.query);
        setParams(rest);
      } else {
        setParams(rest);
      }
    },
  };
}

function hashOf({ version, sha256Hash }: PersistedQuery): string {
  if (version !== 1) throw malformed("a persistedQuery of another version", "version 1");
  if (typeof sha256Hash !== "string" || !/^[\da-f]{64}$/.test(sha256Hash)) {
    throw malformed("a sha256Hash that is none", "64 hexadecimal digits in lower case");
  }
  return sha256Hash;
}

async function sha256Hex(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}

/** In the words that clients look for before they send the whole document. */
function notFound(): never {
  throw serverError("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
}

function malformed(found: string, wanted: string) {
  return serverError("BAD_REQUEST", `Cannot read the request: found ${found}, wanted ${wanted}`);
}
