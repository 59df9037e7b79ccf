import assert from "node:assert/strict";
import { Listener } from "./listener.ts";
import type { Session } from "./session.ts";

Deno.test("an outage of the database is told once, and that it is over", async () => {
  const told: string[] = [];
  const heard = Promise.withResolvers<void>();
  const log = {
    warn: (message: string) => void told.push(message),
    info: (message: string) => (told.push(message), heard.resolve()),
  };
  const session = { lost: new AbortController().signal, [Symbol.asyncDispose]: () => Promise.resolve() };
  let failures = 3;
  const database = {
    session: () => failures-- > 0 ? Promise.reject(new Error("gone")) : Promise.resolve(session as unknown as Session),
  };
  await using _listener = new Listener(database, log);
  await heard.promise;
  assert.deepEqual(told, ["Cannot listen to the database now: gone", "The database is heard again"]);
});
