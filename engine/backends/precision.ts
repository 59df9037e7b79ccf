/**
 * How coarsely convolutions may be computed where a device is faster by it. Losses, Gram matrices and the optimiser's
 * state have float32's numbers at each precision.
 *
 * @module
 */

/** `tf32` and `float16` round the factors of products to 10 bits; `float16` may hold features in 16 bits, too. */
export const PRECISIONS = ["float32", "tf32", "float16"] as const;
export type Precision = typeof PRECISIONS[number];

/** What NVIDIA's libraries do by themselves. */
export const DEFAULT_PRECISION: Precision = "tf32";

/** NVIDIA's own switch, which its libraries read when they load: 0 forbids TF32. */
export const TF32_SWITCH = "NVIDIA_TF32_OVERRIDE";

/**
 * Tells CUDA's libraries, before they load, whether they may round factors to TF32, which GPUs have since Ampere. They
 * sum in float32 then, but know no difference between convolutions and other products.
 *
 * @param allowed Coarsest precision that is allowed.
 */
export function setCudaPrecision(allowed: Precision): "tf32" | "float32" {
  if (Deno.permissions.querySync({ name: "env", variable: TF32_SWITCH }).state !== "granted") return "tf32";
  if (allowed === "float32") Deno.env.set(TF32_SWITCH, "0");
  return Deno.env.get(TF32_SWITCH) === "0" ? "float32" : "tf32";
}
