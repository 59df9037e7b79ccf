import type { LossLayers } from "../loss_codec.ts";
import type { Queries } from "./client.ts";

/** What losses are of, by the number that rows know it by. There are a handful and none is ever removed: all are kept here. */
export class KnownLossLayers {
  readonly #queries: Queries;
  readonly #ids = new Map<string, number>();
  readonly #layers = new Map<number, LossLayers>();

  /** @param queries Outside of any transaction: what it adds has to be there for others at once. */
  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** The number of layers, which are JSON; they get one where they have none. */
  async idOf(layers: string): Promise<number> {
    const known = this.#ids.get(layers);
    if (known !== undefined) return known;
    await this.#queries.run("INSERT INTO loss_layers (layers) VALUES ($1) ON CONFLICT (layers) DO NOTHING", layers);
    const { id } = (await this.#queries.first<{ id: number }>("SELECT id FROM loss_layers WHERE layers = $1", layers))!;
    this.#ids.set(layers, id);
    return id;
  }

  /** What these rows need to be read. */
  async of(rows: readonly { readonly loss_layers: number | null }[]): Promise<(id: number) => LossLayers> {
    const unknown = new Set(
      rows.map(({ loss_layers }) => loss_layers).filter((id) => id !== null && !this.#layers.has(id)),
    );
    if (unknown.size > 0) {
      const sql = "SELECT id, layers FROM loss_layers WHERE id = ANY ($1::integer[])";
      for (const { id, layers } of await this.#queries.all<{ id: number; layers: string }>(sql, [...unknown])) {
        this.#layers.set(id, JSON.parse(layers));
      }
    }
    return (id) => this.#layers.get(id)!;
  }
}
