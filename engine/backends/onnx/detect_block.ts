import { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelBuilder, NCHWC_DOMAIN } from "./model.ts";

/**
 * How many channels ONNX Runtime puts into a block on this processor: 16 with AVX-512, 8 with AVX. Seen from where the
 * second pixel of the first channel goes when a planar tensor is reordered.
 *
 * @returns The block, or null where there are no blocked convolutions.
 */
export async function detectBlock(): Promise<number | null> {
  const channels = 64;
  const graph = new ModelBuilder();
  const x = graph.input("x", [1, channels, 1, 2]);
  graph.output("y", graph.node("ReorderInput", [x], {}, NCHWC_DOMAIN), [1, channels, 1, 2]);
  try {
    const session = await InferenceSession.create(graph.toBytes());
    const data = Float32Array.from({ length: 2 * channels }, (_, i) => i);
    const { y } = await session.run({ x: new Tensor("float32", data, [1, channels, 1, 2]) });
    await session.release();
    const block = (y!.data as Float32Array).indexOf(1);
    return block > 1 && channels % block === 0 ? block : null;
  } catch {
    return null;
  }
}
