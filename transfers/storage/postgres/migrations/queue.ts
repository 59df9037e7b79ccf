import type { Migration } from "../migrations.ts";

/**
 * The queue. Whatever changes the order is a function: one statement of the client, so that the lock under which changes of
 * the order take turns (the row of `queue_state`) is never held while a client is waited for, however it hangs. Each change
 * keeps the counts and the heads that the next claim and all positions are found by, so that neither reads what waits.
 *
 * Functions stay when a later version has others: programs of the version before still call them.
 */
export const QUEUE: Migration = {
  additive: true,
  sql: `
  CREATE TABLE queue_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    arrivals bigint NOT NULL DEFAULT 0,
    -- Reserved and not confirmed.
    reserved bigint NOT NULL DEFAULT 0,
    waiting bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
  INSERT INTO queue_state DEFAULT VALUES;

  -- What entries differ by for workers.
  CREATE TABLE queue_kinds (
    kind integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role text NOT NULL,
    memory_bytes bigint NOT NULL,
    -- In order.
    layers text[] NOT NULL,
    UNIQUE (role, memory_bytes, layers)
  );

  -- How many of an owner's wait, reservations included, and are claimed; no row where none is.
  CREATE TABLE queue_owners (
    owner text PRIMARY KEY,
    waiting bigint NOT NULL DEFAULT 0,
    running bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 70);

  -- What takes turns: an owner at a priority.
  CREATE TABLE queue_lanes (
    lane bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    priority integer NOT NULL,
    -- The last one that it had; 0 for none.
    turn bigint NOT NULL DEFAULT 0,
    -- Seats taken so far: one for each entry, never given again.
    seats bigint NOT NULL DEFAULT 0,
    waiting bigint NOT NULL DEFAULT 0,
    -- Arrival of the first that waits.
    head bigint,
    UNIQUE (owner, priority)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX queue_lanes_waiting ON queue_lanes (priority DESC, turn, head) WHERE waiting > 0;

  -- How many wait in each 256 seats of a lane, so that a place is found without counting all that are before it.
  CREATE TABLE queue_blocks (
    lane bigint NOT NULL REFERENCES queue_lanes,
    block bigint NOT NULL,
    waiting bigint NOT NULL,
    PRIMARY KEY (lane, block)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

  -- The first of each kind in each lane, with what the order goes by.
  CREATE TABLE queue_heads (
    lane bigint NOT NULL REFERENCES queue_lanes,
    kind integer NOT NULL REFERENCES queue_kinds,
    owner text NOT NULL,
    priority integer NOT NULL,
    turn bigint NOT NULL,
    head bigint NOT NULL,
    PRIMARY KEY (lane, kind)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX queue_heads_in_order ON queue_heads (kind, priority DESC, turn, head);

  -- What waits, reservations included.
  CREATE TABLE queue (
    id text PRIMARY KEY,
    lane bigint NOT NULL REFERENCES queue_lanes,
    kind integer NOT NULL REFERENCES queue_kinds,
    arrival bigint NOT NULL,
    -- In its lane; in the order of arrival.
    seat bigint NOT NULL,
    confirmed boolean NOT NULL DEFAULT false,
    reserved_at timestamptz NOT NULL DEFAULT clock_timestamp()
  ) WITH (autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX queue_in_order ON queue (lane, seat) WHERE confirmed;
  CREATE INDEX queue_of_kind ON queue (lane, kind, arrival) WHERE confirmed;
  CREATE INDEX queue_unconfirmed ON queue (reserved_at) WHERE NOT confirmed;

  CREATE TABLE queue_claims (
    id text PRIMARY KEY,
    epoch bigint NOT NULL,
    owner text NOT NULL,
    priority integer NOT NULL,
    kind integer NOT NULL REFERENCES queue_kinds,
    -- Null once it was released.
    worker text,
    expires timestamptz NOT NULL,
    -- Whoever writes under a claim has locked this key meanwhile: it can be renewed, and not be claimed.
    UNIQUE (id, epoch)
  ) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
  CREATE INDEX queue_claims_of_worker ON queue_claims (worker);

  -- Takes the turn to change the order, and answers what is counted.
  CREATE FUNCTION queue_lock() RETURNS queue_state LANGUAGE sql AS $$
    SELECT * FROM queue_state FOR UPDATE
  $$;

  -- Has the transaction be on the disk with the next one that is, so that the lock is not held while the disk is waited for.
  -- What a crash takes back of it is put right: a reservation by another, a claim that was given up by the end of its
  -- lease. Of a confirmation or a claim nobody is told before queue_flush.
  CREATE FUNCTION queue_lazily() RETURNS void LANGUAGE sql AS $$
    SELECT set_config('synchronous_commit', 'off', true)
  $$;

  -- Has all that is committed be on the disk once the transaction is: it writes a word into the log. Many wait for one write.
  CREATE FUNCTION queue_flush() RETURNS void LANGUAGE sql AS $$
    SELECT pg_logical_emit_message(true, 'gramcast', '')
  $$;

  CREATE FUNCTION queue_wake() RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('gramcast_queue', '')
  $$;

  -- Adds to an owner's counts.
  CREATE FUNCTION queue_count(_owner text, _waiting bigint, _running bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO queue_owners AS o (owner, waiting, running) VALUES (_owner, _waiting, _running)
      ON CONFLICT (owner) DO UPDATE SET waiting = o.waiting + _waiting, running = o.running + _running;
    IF _waiting < 0 OR _running < 0 THEN
      DELETE FROM queue_owners WHERE owner = _owner AND waiting = 0 AND running = 0;
    END IF;
  END $$;

  -- Takes an entry out of what waits; under the lock.
  CREATE FUNCTION queue_take(_id text) RETURNS queue LANGUAGE plpgsql AS $$
  DECLARE
    taken queue;
    next bigint;
    of_owner text;
  BEGIN
    DELETE FROM queue WHERE id = _id RETURNING * INTO taken;
    IF taken.id IS NULL THEN RETURN taken; END IF;
    SELECT owner INTO of_owner FROM queue_lanes WHERE lane = taken.lane;
    PERFORM queue_count(of_owner, -1, 0);
    IF NOT taken.confirmed THEN
      UPDATE queue_state SET reserved = reserved - 1;
      RETURN taken;
    END IF;
    UPDATE queue_state SET waiting = waiting - 1;
    UPDATE queue_blocks SET waiting = waiting - 1 WHERE lane = taken.lane AND block = taken.seat / 256;
    DELETE FROM queue_blocks WHERE lane = taken.lane AND block = taken.seat / 256 AND waiting = 0;
    SELECT arrival INTO next FROM queue WHERE lane = taken.lane AND kind = taken.kind AND confirmed
      ORDER BY arrival LIMIT 1;
    IF next IS NULL THEN
      DELETE FROM queue_heads WHERE lane = taken.lane AND kind = taken.kind;
    ELSE
      UPDATE queue_heads SET head = next WHERE lane = taken.lane AND kind = taken.kind AND head <> next;
    END IF;
    UPDATE queue_lanes SET waiting = waiting - 1,
      head = (SELECT min(h.head) FROM queue_heads h WHERE h.lane = taken.lane)
      WHERE lane = taken.lane;
    RETURN taken;
  END $$;

  -- Answers a row, with how many wait, where there is no place.
  CREATE FUNCTION queue_reserve(
    _id text, _owner text, _priority integer, _role text, _memory_bytes bigint, _layers text[],
    _most bigint, _most_of_owner bigint
  ) RETURNS TABLE (total bigint, of_owner bigint) LANGUAGE plpgsql AS $$
  DECLARE
    state queue_state;
    own bigint;
    of_kind integer;
    of_lane bigint;
    of_seat bigint;
  BEGIN
    PERFORM queue_lazily();
    state := queue_lock();
    IF EXISTS (SELECT 1 FROM queue WHERE id = _id) OR EXISTS (SELECT 1 FROM queue_claims WHERE id = _id) THEN
      RETURN;
    END IF;
    SELECT coalesce((SELECT o.waiting FROM queue_owners o WHERE o.owner = _owner), 0) INTO own;
    IF own >= _most_of_owner OR state.reserved + state.waiting >= _most THEN
      RETURN QUERY SELECT state.reserved + state.waiting, own;
      RETURN;
    END IF;
    SELECT kind INTO of_kind FROM queue_kinds
      WHERE role = _role AND memory_bytes = _memory_bytes AND layers = _layers;
    IF of_kind IS NULL THEN
      INSERT INTO queue_kinds (role, memory_bytes, layers) VALUES (_role, _memory_bytes, _layers)
        RETURNING kind INTO of_kind;
    END IF;
    UPDATE queue_lanes SET seats = seats + 1 WHERE owner = _owner AND priority = _priority
      RETURNING lane, seats INTO of_lane, of_seat;
    IF of_lane IS NULL THEN
      INSERT INTO queue_lanes (owner, priority, seats) VALUES (_owner, _priority, 1)
        RETURNING lane, seats INTO of_lane, of_seat;
    END IF;
    INSERT INTO queue (id, lane, kind, arrival, seat) VALUES (_id, of_lane, of_kind, state.arrivals + 1, of_seat);
    UPDATE queue_state SET arrivals = arrivals + 1, reserved = reserved + 1;
    PERFORM queue_count(_owner, 1, 0);
  END $$;

  CREATE FUNCTION queue_confirm(_id text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    confirmed_one queue;
  BEGIN
    PERFORM queue_lazily();
    PERFORM queue_lock();
    UPDATE queue SET confirmed = true WHERE id = _id AND NOT confirmed RETURNING * INTO confirmed_one;
    IF confirmed_one.id IS NULL THEN RETURN; END IF;
    UPDATE queue_state SET reserved = reserved - 1, waiting = waiting + 1;
    UPDATE queue_lanes SET waiting = waiting + 1, head = least(head, confirmed_one.arrival)
      WHERE lane = confirmed_one.lane;
    INSERT INTO queue_blocks AS b (lane, block, waiting) VALUES (confirmed_one.lane, confirmed_one.seat / 256, 1)
      ON CONFLICT (lane, block) DO UPDATE SET waiting = b.waiting + 1;
    INSERT INTO queue_heads AS h (lane, kind, owner, priority, turn, head)
      SELECT lane, confirmed_one.kind, owner, priority, turn, confirmed_one.arrival
        FROM queue_lanes WHERE lane = confirmed_one.lane
      ON CONFLICT (lane, kind) DO UPDATE SET head = confirmed_one.arrival WHERE h.head > confirmed_one.arrival;
    PERFORM queue_wake();
  END $$;

  -- Whether a worker can run a kind; null for any memory, or any layers.
  CREATE FUNCTION queue_fits(k queue_kinds, _memory_bytes bigint, _layers text[]) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS $$
    SELECT (_memory_bytes IS NULL OR k.memory_bytes <= _memory_bytes) AND (_layers IS NULL OR k.layers <@ _layers)
  $$;

  -- What was released, or whose lease has run out: the first that a worker can run and that nobody is writing.
  CREATE FUNCTION queue_abandoned(_memory_bytes bigint, _layers text[]) RETURNS queue_claims LANGUAGE plpgsql AS $$
  DECLARE
    found_one queue_claims;
  BEGIN
    FOR found_one IN
      SELECT c.* FROM queue_claims c JOIN queue_kinds k USING (kind)
       WHERE (c.worker IS NULL OR c.expires <= clock_timestamp()) AND queue_fits(k, _memory_bytes, _layers)
       ORDER BY c.epoch FOR UPDATE OF c SKIP LOCKED
    LOOP
      PERFORM 1 FROM transfers WHERE id = found_one.id FOR NO KEY UPDATE SKIP LOCKED;
      IF FOUND OR NOT EXISTS (SELECT 1 FROM transfers WHERE id = found_one.id) THEN RETURN found_one; END IF;
    END LOOP;
    RETURN NULL;
  END $$;

  -- The first of those that wait, by the order of those that a worker can run and whose owners may have more claimed.
  CREATE FUNCTION queue_next(_memory_bytes bigint, _layers text[], _most jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT q.id FROM (
      SELECT h.* FROM queue_kinds k
        CROSS JOIN LATERAL (
          SELECT * FROM queue_heads h
           WHERE h.kind = k.kind
             AND ((_most ->> k.role) IS NULL
               OR coalesce((SELECT o.running FROM queue_owners o WHERE o.owner = h.owner), 0)
                 < (_most ->> k.role)::bigint)
           ORDER BY h.priority DESC, h.turn, h.head LIMIT 1
        ) h
       WHERE queue_fits(k, _memory_bytes, _layers)
       ORDER BY h.priority DESC, h.turn, h.head LIMIT 1
    ) first JOIN queue q ON q.lane = first.lane AND q.kind = first.kind AND q.arrival = first.head AND q.confirmed
  $$;

  -- Claims for a worker, with a lease of so many milliseconds. Answers no row where there is nothing for it.
  CREATE FUNCTION queue_claim(
    _worker text, _memory_bytes bigint, _layers text[], _most jsonb, _lease double precision
  ) RETURNS TABLE (id text, epoch bigint) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    taken queue;
    claimed queue_claims;
    lane_of_it queue_lanes;
  BEGIN
    -- Idle workers ask often: where there is nothing for them they do not stand in each other's way.
    IF queue_next(_memory_bytes, _layers, _most) IS NULL AND NOT EXISTS (
      SELECT 1 FROM queue_claims c JOIN queue_kinds k USING (kind)
       WHERE (c.worker IS NULL OR c.expires <= clock_timestamp()) AND queue_fits(k, _memory_bytes, _layers)
    ) THEN
      RETURN;
    END IF;
    PERFORM queue_lazily();
    PERFORM queue_lock();
    claimed := queue_abandoned(_memory_bytes, _layers);
    IF claimed.id IS NOT NULL THEN
      claimed.epoch := nextval('epochs');
      UPDATE queue_claims c SET epoch = claimed.epoch, worker = _worker,
        expires = clock_timestamp() + _lease * interval '1 millisecond' WHERE c.id = claimed.id;
      SELECT * INTO lane_of_it FROM queue_lanes
        WHERE owner = claimed.owner AND priority = claimed.priority;
    ELSE
      taken := queue_take(queue_next(_memory_bytes, _layers, _most));
      IF taken.id IS NULL THEN RETURN; END IF;
      SELECT * INTO lane_of_it FROM queue_lanes WHERE lane = taken.lane;
      INSERT INTO queue_claims (id, epoch, owner, priority, kind, worker, expires)
        VALUES (taken.id, nextval('epochs'), lane_of_it.owner, lane_of_it.priority, taken.kind, _worker,
          clock_timestamp() + _lease * interval '1 millisecond')
        RETURNING * INTO claimed;
      PERFORM queue_count(lane_of_it.owner, 0, 1);
    END IF;
    UPDATE queue_lanes SET turn = claimed.epoch WHERE lane = lane_of_it.lane;
    UPDATE queue_heads SET turn = claimed.epoch WHERE lane = lane_of_it.lane;
    -- A server that hangs while it changes the transfer must not hold everybody up.
    PERFORM set_config('lock_timeout', '1s', true);
    UPDATE transfers t SET epoch = claimed.epoch WHERE t.id = claimed.id;
    RETURN QUERY SELECT claimed.id, claimed.epoch;
  END $$;

  -- Ends a claim: of any epoch for null.
  CREATE FUNCTION queue_unclaim(_id text, _epoch bigint) RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    of_owner text;
  BEGIN
    DELETE FROM queue_claims WHERE id = _id AND (_epoch IS NULL OR (epoch = _epoch AND worker IS NOT NULL))
      RETURNING owner INTO of_owner;
    IF of_owner IS NULL THEN RETURN false; END IF;
    PERFORM queue_count(of_owner, 0, -1);
    UPDATE transfers SET epoch = 0 WHERE id = _id;
    -- Its owner may have another claimed.
    IF EXISTS (SELECT 1 FROM queue_heads) THEN PERFORM queue_wake(); END IF;
    RETURN true;
  END $$;

  CREATE FUNCTION queue_settle(_id text, _epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM queue_lazily();
    IF queue_unclaim(_id, _epoch) OR _epoch IS NOT NULL THEN RETURN; END IF;
    PERFORM queue_lock();
    -- It may have been claimed before the lock was had.
    IF (queue_take(_id)).id IS NULL THEN PERFORM queue_unclaim(_id, NULL); END IF;
  END $$;

  CREATE FUNCTION queue_release(_id text, _epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM queue_lazily();
    UPDATE queue_claims SET worker = NULL WHERE id = _id AND epoch = _epoch AND worker IS NOT NULL;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE transfers SET epoch = 0 WHERE id = _id;
    PERFORM queue_wake();
  END $$;

  CREATE FUNCTION queue_renew(_worker text, _lease double precision) RETURNS TABLE (id text, epoch bigint)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  BEGIN
    PERFORM queue_lazily();
    RETURN QUERY
      WITH renewed AS (
        UPDATE queue_claims SET expires = clock_timestamp() + _lease * interval '1 millisecond'
         WHERE worker = _worker RETURNING id, epoch
      ) SELECT id, epoch FROM renewed ORDER BY epoch;
  END $$;

  -- Drops what was reserved so many milliseconds ago, and never confirmed; and what is of no use any more.
  CREATE FUNCTION queue_drop(_milliseconds double precision) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM queue_lazily();
    PERFORM queue_lock();
    PERFORM queue_take(q.id) FROM queue q
      WHERE NOT q.confirmed AND q.reserved_at < clock_timestamp() - _milliseconds * interval '1 millisecond';
    DELETE FROM queue_kinds k WHERE NOT EXISTS (SELECT 1 FROM queue q WHERE q.kind = k.kind)
      AND NOT EXISTS (SELECT 1 FROM queue_claims c WHERE c.kind = k.kind);
  END $$;

  -- How many are claimed before it of those that wait, if any number of an owner's may be: null where it does not wait.
  CREATE FUNCTION queue_position(_id text) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH own AS (
      SELECT l.*,
             coalesce((SELECT sum(b.waiting) FROM queue_blocks b WHERE b.lane = q.lane AND b.block < q.seat / 256), 0)
             + (SELECT count(*) FROM queue o WHERE o.lane = q.lane AND o.confirmed
                  AND o.seat >= q.seat / 256 * 256 AND o.seat < q.seat) AS round
        FROM queue q JOIN queue_lanes l USING (lane) WHERE q.id = _id AND q.confirmed
    )
    SELECT own.round + coalesce((
      -- Each lane has had as many rounds, and those that come before it in each round one more.
      SELECT sum(CASE WHEN l.priority > own.priority THEN l.waiting
                      WHEN (l.turn, l.head) < (own.turn, own.head) THEN least(l.waiting, own.round + 1)
                      ELSE least(l.waiting, own.round) END)
        FROM queue_lanes l WHERE l.waiting > 0 AND l.priority >= own.priority AND l.lane <> own.lane
    ), 0)::bigint FROM own
  $$;

  -- The first that wait, in that order.
  CREATE FUNCTION queue_waiting(_first bigint) RETURNS TABLE (id text) LANGUAGE plpgsql STABLE AS $$
  DECLARE
    of_priority record;
    wanted bigint := _first;
    rounds bigint;
    reached bigint;
  BEGIN
    FOR of_priority IN
      SELECT l.priority, sum(l.waiting) AS waiting FROM queue_lanes l WHERE l.waiting > 0
       GROUP BY l.priority ORDER BY l.priority DESC
    LOOP
      EXIT WHEN wanted <= 0;
      -- As few rounds as there have to be, up to twice: no more of a lane is read.
      rounds := 1;
      LOOP
        SELECT sum(least(l.waiting, rounds)) INTO reached
          FROM queue_lanes l WHERE l.waiting > 0 AND l.priority = of_priority.priority;
        EXIT WHEN reached >= wanted OR reached = of_priority.waiting;
        rounds := rounds * 2;
      END LOOP;
      RETURN QUERY
        SELECT e.id FROM queue_lanes l CROSS JOIN LATERAL (
          SELECT f.id, row_number() OVER (ORDER BY f.seat) AS round FROM (
            SELECT q.id, q.seat FROM queue q WHERE q.lane = l.lane AND q.confirmed ORDER BY q.seat LIMIT rounds
          ) f
        ) e
         WHERE l.waiting > 0 AND l.priority = of_priority.priority
         ORDER BY e.round, l.turn, l.head LIMIT wanted;
      wanted := wanted - least(wanted, of_priority.waiting);
    END LOOP;
  END $$;
  `,
};
