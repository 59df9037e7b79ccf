/**
 * The Pothos builder: its scalars and plugins, no types.
 *
 * @module
 */
import SchemaBuilder from "@pothos/core";
import ComplexityPlugin from "@pothos/plugin-complexity";
import type { Context } from "./context.ts";
import type { Upload } from "./upload.ts";

export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** Milliseconds since the epoch inside, ISO 8601 outside. */
    DateTime: { Input: number; Output: number };
    File: { Input: Upload; Output: never };
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  plugins: [ComplexityPlugin],
  defaultFieldNullability: false,
  // No limit here: the server checks it before an operation is executed, see server/limits.ts.
  complexity: { defaultComplexity: 1, defaultListMultiplier: 10 },
});

builder.queryType({ description: "Everything that can be read." });
builder.mutationType({ description: "Everything that changes state." });
builder.subscriptionType({ description: "Everything that can be followed live." });
