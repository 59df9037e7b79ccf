/** CUDA's own switch: 0 forbids its libraries to round the factors of products to TF32. */
export const TF32_SWITCH = "NVIDIA_TF32_OVERRIDE";

/**
 * How exactly CUDA's libraries multiply: in TF32 by themselves where the GPU has it (Ampere and later), which is 10 bits
 * for each factor and float32 for the sums.
 */
export function cudaPrecision(): "tf32" | "float32" {
  const { state } = Deno.permissions.querySync({ name: "env", variable: TF32_SWITCH });
  return state === "granted" && Deno.env.get(TF32_SWITCH) === "0" ? "float32" : "tf32";
}
