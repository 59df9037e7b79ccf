import { signal } from "@preact/signals";
import { type Client, createClient } from "graphql-ws/client";
import type { Operation } from "./operations.ts";
import { ENDPOINT, RequestError } from "./client.ts";
import { credentials, forget } from "./credentials.ts";
import { freshToken, replaceToken } from "./renewal.ts";

/** How the socket is: `idle` while nothing is followed, `lost` with the whole seconds until the next try. */
export type Connection = { readonly state: "idle" | "open" } | { readonly state: "lost"; readonly seconds: number };

export const connection = signal<Connection>({ state: "idle" });

const KEEP_ALIVE_MS = 10_000;
const LONGEST_WAIT_SECONDS = 8;
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;
/** How the server closes a socket that needs no other at once: it is no longer used, or who it is of may not have one. */
const QUIET: readonly number[] = [1000, UNAUTHORIZED, FORBIDDEN];
const NO_ROLE = "You may not come in here any longer. Ask whoever runs this server for a role, then sign in again.";

let socketClient: Client | undefined;
/** What the socket was opened with. */
let shown: string | null = null;
let hurry: (() => void) | undefined;

/** Tries again now, instead of after the seconds that `connection` tells. */
export function reconnectNow(): void {
  hurry?.();
}

/** Leaves the socket, which belongs to who was signed in. */
export function disconnect(): void {
  void socketClient?.dispose();
  socketClient = undefined;
  connection.value = { state: "idle" };
}

/** The code that a socket was closed with; undefined for another cause. */
function codeOf(cause: unknown): number | undefined {
  return (cause as CloseEvent | null)?.code;
}

function client(): Client {
  return socketClient ??= createClient({
    url: ENDPOINT.replace(/^http/, "ws"),
    lazy: true,
    lazyCloseTimeout: 2000,
    connectionParams: async () => {
      shown = await freshToken();
      return shown === null ? {} : { authorization: `Bearer ${shown}` };
    },
    keepAlive: KEEP_ALIVE_MS,
    retryAttempts: Infinity,
    // Left out, only close codes are tried again, not a server that cannot be reached.
    shouldRetry: (cause) => codeOf(cause) !== FORBIDDEN,
    retryWait: (retries) => wait(Math.min(2 ** retries, LONGEST_WAIT_SECONDS)),
    on: {
      connected: () => connection.value = { state: "open" },
      closed: (event) => {
        const { code, wasClean } = event as CloseEvent;
        connection.value = wasClean && QUIET.includes(code) ? { state: "idle" } : { state: "lost", seconds: 1 };
      },
    },
  });
}

/** Counts the seconds down where everybody can see them; the browser being online again ends the wait. */
async function wait(seconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  hurry = resolve;
  globalThis.addEventListener("online", () => resolve(), { once: true });
  connection.value = { state: "lost", seconds };
  let left = seconds;
  const timer = setInterval(() => {
    left--;
    if (left <= 0) resolve();
    else connection.value = { state: "lost", seconds: left };
  }, 1000);
  await promise;
  clearInterval(timer);
  connection.value = { state: "lost", seconds: 0 };
}

/** What a subscription that can be resumed takes and gives. */
type Resumable = {
  readonly id: string;
  readonly after?: number | string | null;
};
/** Where an event stands: by `cursor` where several logs are followed at once, else by its number in the only one. */
interface Sequenced {
  readonly sequence: number;
  readonly cursor?: string;
}

/**
 * Follows a subscription to its end, across any number of lost connections: each time it goes on after the last event
 * that arrived, so that none is missed and none comes twice.
 *
 * @returns Ends it.
 */
export function follow<Field extends string, Event extends Sequenced, Variables extends Resumable>(
  operation: Operation<Readonly<Record<Field, Event>>, Variables>,
  variables: Variables,
  handlers: {
    readonly next: (event: Event) => void;
    readonly error: (error: RequestError) => void;
  },
): () => void {
  // The client serialises the variables anew at each connection.
  const resumed: Record<string, unknown> = { ...variables as Record<string, unknown> & Variables };
  let ended = false;
  let end = () => {};
  const subscribe = () => {
    end = client().subscribe<Readonly<Record<Field, Event>>>({ query: operation.text, variables: resumed }, {
      next({ data, errors }) {
        if (errors?.[0]) handlers.error(new RequestError(String(errors[0].extensions?.code), errors[0].message));
        if (!data) return;
        const [event] = Object.values<Event>(data);
        if (!event) return;
        resumed.after = event.cursor ?? event.sequence;
        handlers.next(event);
      },
      async error(cause) {
        if (codeOf(cause) === UNAUTHORIZED) {
          if (await replaceToken(shown) && !ended) subscribe();
          return;
        }
        if (codeOf(cause) === FORBIDDEN) {
          // Who has signed in anew meanwhile stays.
          if (credentials.value?.token === shown) forget(NO_ROLE);
          return handlers.error(new RequestError("FORBIDDEN", NO_ROLE));
        }
        const [error] = Array.isArray(cause) ? cause : [];
        const { extensions, message } = error ?? { extensions: {}, message: "The connection was refused" };
        handlers.error(new RequestError(String(extensions?.code), message));
      },
      complete() {},
    });
  };
  subscribe();
  return () => {
    ended = true;
    end();
  };
}
