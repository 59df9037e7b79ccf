import type { Migration } from "../migrations.ts";

/**
 * Transfers, their logs, and what is kept of their files.
 *
 * `events` has no partitions: its key begins with the transfer, whose numbers go up, so that what is written and read now
 * is at one end of the index, and what retention removes at the other. Its pages are used again once they are vacuumed,
 * which is why that happens at each fiftieth row and not at each fifth.
 */
export const TRANSFERS: Migration = {
  additive: false,
  sql: `
  -- Of claims: each is higher than those before it.
  CREATE SEQUENCE epochs;

  -- Which layers losses are of, as JSON. All events of a transfer share one.
  CREATE TABLE loss_layers (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layers text NOT NULL UNIQUE
  );

  CREATE TABLE transfers (
    -- Never used again, so that a place in a list stays what it was.
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    owner text NOT NULL,
    status text NOT NULL,
    idempotency_key text,
    finished_at bigint,
    -- Of the claim that it may be written under; 0 for none. A claim sets it in its own transaction.
    epoch bigint NOT NULL DEFAULT 0,
    -- Name of the append that has written the row last.
    written uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Of the newest event, and the time before the last change.
    sequence integer NOT NULL,
    at bigint NOT NULL,
    former_at bigint NOT NULL,
    -- Sequence numbers of the events without losses: all others have them.
    silent integer[] NOT NULL,
    -- Of checkpoints and frames together.
    file_bytes bigint NOT NULL DEFAULT 0,
    -- What each step changes.
    step integer NOT NULL,
    losses bytea,
    loss_layers integer REFERENCES loss_layers,
    frame_step integer,
    seconds_per_step double precision,
    attempts integer NOT NULL,
    -- The rest of the record.
    document json NOT NULL,
    UNIQUE (owner, idempotency_key)
    -- A step writes the row anew: on the same page, without the document, and without a word in any index.
  ) WITH (fillfactor = 60, toast_tuple_target = 256, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX transfers_of_owner ON transfers (owner, ordinal);
  CREATE INDEX transfers_of_owner_with_status ON transfers (owner, status, ordinal);
  CREATE INDEX transfers_with_status ON transfers (status, ordinal);
  CREATE INDEX transfers_ended ON transfers (finished_at NULLS FIRST, ordinal)
    WHERE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED');

  CREATE TABLE events (
    -- An ordinal. No reference: the events of a removed transfer go bit by bit.
    transfer bigint NOT NULL,
    at bigint NOT NULL,
    seconds_per_step double precision,
    sequence integer NOT NULL,
    step integer NOT NULL,
    steps integer NOT NULL,
    loss_layers integer REFERENCES loss_layers,
    frame boolean NOT NULL,
    status text NOT NULL,
    -- Total, content, style, tv and those of the layers, 8 bytes each.
    losses bytea,
    failure text,
    PRIMARY KEY (transfer, sequence)
  ) WITH (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );
  -- Random bytes do not get smaller.
  ALTER TABLE events ALTER COLUMN losses SET STORAGE EXTERNAL;
  ALTER TABLE transfers ALTER COLUMN losses SET STORAGE MAIN;

  -- Transfers whose events are still to be removed.
  CREATE TABLE removed (transfer bigint PRIMARY KEY);

  CREATE TABLE transfer_images (
    transfer bigint NOT NULL REFERENCES transfers ON DELETE CASCADE,
    image text NOT NULL,
    PRIMARY KEY (transfer, image)
  );
  CREATE INDEX transfers_of_image ON transfer_images (image);

  CREATE TABLE checkpoints (
    transfer bigint NOT NULL REFERENCES transfers ON DELETE CASCADE,
    step integer NOT NULL,
    blob text NOT NULL UNIQUE,
    bytes bigint NOT NULL,
    PRIMARY KEY (transfer, step)
  );
  CREATE TABLE frames (
    transfer bigint NOT NULL REFERENCES transfers ON DELETE CASCADE,
    step integer NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    keep boolean NOT NULL,
    blob text NOT NULL UNIQUE,
    bytes bigint NOT NULL,
    PRIMARY KEY (transfer, step)
  );

  -- Bytes of each owner's images, and of the files of their transfers: sums that triggers keep.
  CREATE TABLE owner_bytes (
    owner text PRIMARY KEY,
    images bigint NOT NULL DEFAULT 0,
    files bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 70);
  CREATE FUNCTION count_file_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      UPDATE owner_bytes SET files = files - old.file_bytes WHERE owner = old.owner;
    ELSE
      INSERT INTO owner_bytes (owner, files) VALUES (new.owner, new.file_bytes - old.file_bytes)
        ON CONFLICT (owner) DO UPDATE SET files = owner_bytes.files + excluded.files;
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER file_bytes AFTER UPDATE OF file_bytes OR DELETE ON transfers
    FOR EACH ROW EXECUTE FUNCTION count_file_bytes();

  -- Steps × pixels that each owner has had admitted on a UTC day, counted from the epoch.
  CREATE TABLE owner_work (
    day integer NOT NULL,
    owner text NOT NULL,
    work double precision NOT NULL,
    PRIMARY KEY (day, owner)
  ) WITH (fillfactor = 70);
  `,
};
