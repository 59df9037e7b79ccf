import { createHash } from "node:crypto";
import type { Backend, Target } from "./backend.ts";

/** Of pictures: one for each style at each scale, of a few megabytes. */
const MOST_KEPT = 8;

/**
 * The backend, which keeps the Gram matrices that it has computed: the frames of a moving picture ask for those of the same
 * styles, each anew. The newest are kept.
 */
export function rememberingGrams(backend: Backend): Backend {
  const kept = new Map<string, Map<string, Target>>();
  return {
    info: backend.info,
    ...backend.largestMap === undefined ? {} : { largestMap: backend.largestMap },
    features: (...args) => backend.features(...args),
    async grams(pixels, size, layers, pooling, mask = null, moments = false) {
      const hash = createHash("sha256").update(bytesOf(pixels));
      if (mask) hash.update(bytesOf(mask.values));
      const { width, height } = size;
      const maskSize = mask && [mask.width, mask.height];
      const key = JSON.stringify([hash.digest("hex"), width, height, layers, pooling, maskSize, moments]);
      const found = kept.get(key) ?? await backend.grams(pixels, size, layers, pooling, mask, moments);
      kept.delete(key);
      kept.set(key, found);
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
      return found;
    },
    places: (...args) => backend.places(...args),
    nearest: (...args) => backend.nearest(...args),
    compile: (...args) => backend.compile(...args),
    ...backend.compileTiles ? { compileTiles: backend.compileTiles.bind(backend) } : {},
    classify: (pixels) => backend.classify(pixels),
    close: () => backend.close(),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
