import { describeWeights } from "../../weights/describe_weights.ts";
import type { WeightsSource } from "../../weights/source.ts";

/** The weights that transfers were begun with and can still be gone on with, by their hash. */
export class KnownWeights {
  readonly #source: WeightsSource;
  readonly #references = new Map<string, string>();

  private constructor(source: WeightsSource) {
    this.#source = source;
    const add = ({ sha256, reference }: WeightsSource["current"]) => void this.#references.set(sha256, reference);
    add(source.current);
    source.onChange(add);
  }

  /** Knows those in force, now and later, and the built-in filters. */
  static async open(source: WeightsSource): Promise<KnownWeights> {
    const known = new KnownWeights(source);
    const { sha256, reference } = await describeWeights("builtin");
    known.#references.set(sha256, reference);
    return known;
  }

  /** Reference of the weights with this hash; of those in force for null and for a hash that is unknown. */
  find(sha256: string | null): string {
    return (sha256 === null ? undefined : this.#references.get(sha256)) ?? this.#source.current.reference;
  }
}
