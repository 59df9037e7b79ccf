/**
 * A seeded generator of uniform and normal numbers: xoshiro128** by Blackman and Vigna (2018), seeded by splitmix32.
 * `Math.random()` cannot be seeded.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  /** @param seed Any 32-bit integer. */
  constructor(seed: number) {
    let x = seed | 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9E3779B9) | 0;
      let z = Math.imul(x ^ (x >>> 16), 0x85EBCA6B);
      z = Math.imul(z ^ (z >>> 13), 0xC2B2AE35);
      this.#state[i] = z ^ (z >>> 16);
    }
  }

  /** The next 32 random bits. */
  bits(): number {
    const s = this.#state;
    const [a, b, c, d] = [s[0]!, s[1]!, s[2]!, s[3]!];
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    s[2] = c ^ a;
    s[3] = d ^ b;
    s[1] = b ^ s[2]!;
    s[0] = a ^ s[3]!;
    s[2]! ^= b << 9;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.bits() / 2 ** 32;
  }

  /** Standard normal, cut off at two deviations by drawing again, as TensorFlow's `truncated_normal`. */
  truncatedNormal(): number {
    for (;;) {
      // Box-Muller; 1 - u keeps the logarithm's argument above 0.
      const value = Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
      if (Math.abs(value) <= 2) return value;
    }
  }
}
