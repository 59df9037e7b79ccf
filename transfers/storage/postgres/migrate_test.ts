import assert from "node:assert/strict";
import { isError } from "../../testing/errors.ts";
import { PATIENCE } from "./client.ts";
import { migrate } from "./migrate.ts";

Deno.test("settings of an address that cannot be used are refused, and nothing of it is told", async () => {
  for (const settings of ["sslrootcert=/no/such/ca.pem", "uselibpqcompat=true&sslmode=verify-ca"]) {
    await assert.rejects(migrate(`postgres://ann:hush@db.example/gramcast?${settings}`, PATIENCE, []), (error) => {
      assert.doesNotMatch(String(error), /hush|db\.example|no\/such/);
      return isError("BAD_USER_INPUT", "Cannot use DATABASE_URL", "sslmode=verify-full")(error);
    });
  }
});
