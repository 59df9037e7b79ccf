import assert from "node:assert/strict";
import { databaseFiles, databasePeer, strictAddress } from "./address.ts";

Deno.test("the address of a database says whom the client connects to", () => {
  for (
    const [address, peer] of [
      ["postgres://ann:hush@db.example:6432/gramcast", { host: "db.example" }],
      ["postgresql://ann@10.0.0.5/gramcast?sslmode=require", { host: "10.0.0.5" }],
      ["postgres://ann@[fd00::5]:5432/gramcast", { host: "fd00::5" }],
      ["postgres://ann@/gramcast?host=/run/postgresql", { socket: "/run/postgresql/.s.PGSQL.5432" }],
      ["postgres://ann@%2Frun%2Fpostgresql:6432/gramcast", { socket: "/run/postgresql/.s.PGSQL.6432" }],
      ["postgres://ann@other.example/gramcast?host=/run/&port=7", { socket: "/run/.s.PGSQL.7" }],
    ] as const
  ) assert.deepEqual(databasePeer(address), peer, address);
});

Deno.test("what is no address of a database is told from one", () => {
  for (
    const text of [
      "db.example",
      "mysql://ann@db.example/gramcast",
      "postgres://db.example/gramcast",
      "postgres://ann@/gramcast",
      "postgres://ann@db.example",
      "postgres://ann@db.example/",
      "postgres://ann@db.example:port/gramcast",
      "postgres://ann@%zz/gramcast",
      "postgres://ann@%00/gramcast",
      "postgres://ann@/gramcast?host=/run/a%00b",
      "postgres://ann@one.example,two.example/gramcast/more",
    ]
  ) assert.equal(databasePeer(text), undefined, text);
});

Deno.test("the address of a database names the files that the client reads", () => {
  const address = "postgres://ann@db.example/gramcast";
  assert.deepEqual(databaseFiles(`${address}?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&sslkey=a&sslcert=`), [
    "/etc/ca.pem",
    "a",
  ]);
  assert.deepEqual([databaseFiles(address), databaseFiles("db.example")], [[], []]);
});

Deno.test("encryption is asked for by the name of what the client does", () => {
  const address = (settings: string) => `postgres://ann@db.example/gramcast?${settings}`;
  for (
    const [given, strict] of [
      ["sslmode=require", "sslmode=verify-full"],
      ["a=b&sslmode=verify-ca&c=d", "a=b&sslmode=verify-full&c=d"],
      ["sslmode=no-verify", "sslmode=no-verify"],
      ["uselibpqcompat=true&sslmode=require", "uselibpqcompat=true&sslmode=require"],
    ] as const
  ) assert.equal(strictAddress(address(given)), address(strict));
});
