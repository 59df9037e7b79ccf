import type { EngineInfo } from "../engine/backends/backend.ts";
import { builder } from "./builder.ts";

/** What computes transfers. */
export const Engine = builder.objectRef<EngineInfo>("Engine").implement({
  description: "What computes the transfers.",
  fields: (t) => ({
    backend: t.exposeString("backend", { description: "What computes: `onnx`, `tensorflow` or `webgpu`." }),
    device: t.exposeString("device", { description: "`cpu`, or the name of the GPU." }),
    precision: t.exposeString("precision", {
      description: "Precision of its convolutions: `float32`, `tf32` or `float16`.",
    }),
    version: t.exposeString("version", { description: "Version of the library." }),
  }),
});

builder.queryField("engine", (t) =>
  t.field({
    type: Engine,
    description: "The engine that would compute the next transfer.",
    resolve: (_root, _args, context) => context.engine(),
  }));
