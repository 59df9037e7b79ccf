import type { Migration } from "../migrations.ts";

/**
 * Batches. A server that does not know of them goes on beside: it reads and writes the columns that it knows, and whoever
 * removes the last transfer of a batch takes that along.
 */
export const BATCHES: Migration = {
  additive: true,
  sql: `
  CREATE TABLE batches (
    -- Never used again, so that a place in a list stays what it was.
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    owner text NOT NULL,
    idempotency_key text,
    -- The rest of the record.
    document json NOT NULL,
    UNIQUE (owner, idempotency_key)
  );
  CREATE INDEX batches_of_owner ON batches (owner, ordinal);
  ALTER TABLE transfers ADD COLUMN batch bigint REFERENCES batches;
  CREATE INDEX transfers_of_batch ON transfers (batch, ordinal) WHERE batch IS NOT NULL;

  CREATE FUNCTION drop_empty_batch() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    -- Whoever removes another of its transfers meanwhile comes before or behind, and one of both sees that none is left.
    PERFORM 1 FROM batches WHERE ordinal = old.batch FOR UPDATE;
    DELETE FROM batches WHERE ordinal = old.batch AND NOT EXISTS (SELECT 1 FROM transfers WHERE batch = old.batch);
    RETURN NULL;
  END $$;
  CREATE TRIGGER batch_emptied AFTER DELETE ON transfers
    FOR EACH ROW WHEN (old.batch IS NOT NULL) EXECUTE FUNCTION drop_empty_batch();

  -- As queue_reserve, for entries of one owner that are not queued yet: each gets a place, or none does.
  CREATE FUNCTION queue_reserve_all(_entries jsonb, _most bigint, _most_of_owner bigint)
  RETURNS TABLE (total bigint, of_owner bigint) LANGUAGE plpgsql AS $$
  DECLARE
    state queue_state;
    own bigint;
    asked bigint := jsonb_array_length(_entries);
    entry record;
  BEGIN
    PERFORM queue_lazily();
    state := queue_lock();
    SELECT coalesce((SELECT o.waiting FROM queue_owners o WHERE o.owner = _entries -> 0 ->> 'owner'), 0) INTO own;
    IF own + asked > _most_of_owner OR state.reserved + state.waiting + asked > _most THEN
      RETURN QUERY SELECT state.reserved + state.waiting, own;
      RETURN;
    END IF;
    FOR entry IN
      SELECT * FROM jsonb_to_recordset(_entries)
        AS e (id text, owner text, priority integer, role text, memory_bytes bigint, layers text[])
    LOOP
      PERFORM queue_reserve(
        entry.id, entry.owner, entry.priority, entry.role, entry.memory_bytes, entry.layers, NULL, NULL
      );
    END LOOP;
  END $$;
  `,
};
