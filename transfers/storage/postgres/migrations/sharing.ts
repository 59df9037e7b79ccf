import type { Migration } from "../migrations.ts";

/** What servers need of each other: orders to workers, the workers that are there, and the newest frames. */
export const SHARING: Migration = {
  additive: true,
  sql: `
  CREATE TABLE orders (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    transfer text NOT NULL REFERENCES transfers (id) ON DELETE CASCADE,
    body jsonb NOT NULL,
    -- Null until it is answered.
    answer jsonb,
    answered_at timestamptz
  );
  CREATE INDEX orders_open ON orders (transfer, ordinal) WHERE answer IS NULL;
  CREATE INDEX orders_of_transfer ON orders (transfer);
  CREATE INDEX orders_answered ON orders (answered_at) WHERE answer IS NOT NULL;

  CREATE TABLE workers (
    name text PRIMARY KEY,
    record jsonb NOT NULL,
    -- When it last said that it is there.
    seen timestamptz NOT NULL
  ) WITH (fillfactor = 70);

  -- One a transfer that runs. They pass through no log, and are gone after a crash of the database: the next step brings
  -- another.
  CREATE UNLOGGED TABLE live_frames (
    transfer text PRIMARY KEY,
    step integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bytes bytea NOT NULL
  ) WITH (
    autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_vacuum_threshold = 1000, toast.autovacuum_vacuum_scale_factor = 0,
    toast.autovacuum_vacuum_cost_delay = 0
  );
  -- Beside the row, as they are: encoded pictures do not get smaller.
  ALTER TABLE live_frames ALTER COLUMN bytes SET STORAGE EXTERNAL;
  `,
};
