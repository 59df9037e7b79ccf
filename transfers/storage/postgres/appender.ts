import type { Append } from "../ports.ts";
import { imagesOf } from "../../types.ts";
import type { Queries, Value } from "./client.ts";
import type { Database } from "./database.ts";
import { type EncodedEvents, type EventLog, insertEvents } from "./event_log.ts";
import { useImages } from "./image_uses.ts";
import type { KnownLossLayers } from "./loss_layers.ts";
import { addNotice } from "./outbox.ts";
import {
  type Assignments,
  changesDocument,
  columnsOf,
  documentOf,
  recordsOf,
  TRANSFER_COLUMNS,
  type TransferRow,
} from "./transfer_rows.ts";

export type NamedAppend = Append & { readonly name: string };

/** How a row has to be for an append under a claim: of this epoch, and written last by this append. */
export interface Expected {
  readonly epoch: number;
  readonly written: string;
}

/** Changes transfers and appends to their logs. */
export class Appender {
  readonly #database: Database;
  readonly #layers: KnownLossLayers;
  readonly #log: EventLog;

  constructor(database: Database, layers: KnownLossLayers, log: EventLog) {
    this.#database = database;
    this.#layers = layers;
    this.#log = log;
  }

  /** The row after the change; undefined where there is none in one of the `from` statuses, or none as expected. */
  async append(id: string, append: NamedAppend, expected: Expected | null): Promise<TransferRow | undefined> {
    const { changes, notice = null } = append;
    const events = await this.#log.encode(append.events);
    const columns = await columnsOf(changes, this.#layers);
    const change = (queries: Queries, columns: Assignments) =>
      changeRow(queries, id, append, columns, events, expected);
    if (notice === null && !changesDocument(changes)) return await change(this.#database, columns);
    return await this.#database.transaction(async (queries) => {
      const sql = `SELECT ${TRANSFER_COLUMNS} FROM transfers WHERE id = $1 FOR NO KEY UPDATE`;
      const locked = await queries.first<TransferRow>(sql, id);
      if (locked === undefined) return undefined;
      const [before] = await recordsOf([locked], this.#layers);
      const wanted = { ...before!, ...changes };
      const row = await change(queries, [...columns, ["document", documentOf(wanted)]]);
      if (row === undefined) return undefined;
      await replaceImages(queries, row.ordinal, imagesOf(before!), imagesOf(wanted));
      const [record] = await recordsOf([row], this.#layers);
      if (notice !== null) await addNotice(queries, row.ordinal, record!, notice);
      return row;
    });
  }
}

/** The change of a row and its events in one statement: nothing comes in between, and it waits for the row's lock alone. */
async function changeRow(
  queries: Queries,
  id: string,
  { from, name }: NamedAppend,
  columns: Assignments,
  events: EncodedEvents,
  expected: Expected | null,
): Promise<TransferRow | undefined> {
  const values: Value[] = [id, from];
  const asExpected = expected === null
    ? ""
    : `AND epoch = $${values.push(expected.epoch)} AND written = $${values.push(expected.written)}`;
  const assignments = [
    `written = $${values.push(name)}`,
    ...columns.map(([column, value]) => `${column} = $${values.push(value)}`),
  ];
  if (events.count > 0) {
    assignments.push(
      `sequence = sequence + $${values.push(events.count)}`,
      `at = greatest(at, $${values.push(events.at)})`,
      "former_at = at",
    );
  }
  if (events.silent.length > 0) {
    const places = `unnest($${values.push(events.silent)}::integer[]) AS place`;
    assignments.push(`silent = silent || ARRAY (SELECT transfers.sequence + place FROM ${places})`);
  }
  const changed = `UPDATE transfers SET ${assignments.join(", ")}
    WHERE id = $1 AND status = ANY ($2::text[]) ${asExpected} RETURNING former_at, ${TRANSFER_COLUMNS}`;
  if (events.count === 0) return await queries.first<TransferRow>(changed, ...values);
  return await queries.first<TransferRow>(
    `WITH changed AS (${changed}), added AS (${insertEvents("changed", values.length + 1)}) SELECT * FROM changed`,
    ...values,
    events.count,
    ...events.columns,
  );
}

async function replaceImages(
  queries: Queries,
  transfer: number,
  had: readonly string[],
  has: readonly string[],
): Promise<void> {
  if (had.length === has.length && has.every((id, i) => id === had[i])) return;
  await queries.run("DELETE FROM transfer_images WHERE transfer = $1", transfer);
  await useImages(queries, transfer, has);
}
