import assert from "node:assert/strict";
import { isError } from "../../testing/errors.ts";
import { openingError } from "./storage_error.ts";

Deno.test("a certificate that is not trusted is told from a database without encryption", () => {
  for (
    const [code, message, found] of [
      [
        "SELF_SIGNED_CERT_IN_CHAIN",
        "self-signed certificate in certificate chain",
        "a certificate that is not trusted",
      ],
      ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match", "a certificate that is not trusted"],
      ["", "The server does not support SSL connections", "no encryption that both sides accept"],
    ] as const
  ) {
    const error = openingError(Object.assign(new Error(message), { code }));
    assert.ok(isError("STORAGE_UNAVAILABLE", found, "DATABASE_URL")(error), code);
  }
});
