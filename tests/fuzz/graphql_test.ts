import { fuzzGraphql } from "./graphql.ts";

Deno.test("a few hundred operations over every way in are answered, without a bug and without the server's inside", () =>
  fuzzGraphql(20_261_129, 300));
