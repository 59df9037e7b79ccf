import type { Migration } from "../migrations.ts";

/** Webhooks, and the outbox of what they are still to be told. */
export const WEBHOOKS: Migration = {
  additive: true,
  sql: `
  CREATE TABLE webhooks (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    owner text NOT NULL,
    -- Of the one that it is told of; null for all of its owner.
    transfer bigint REFERENCES transfers (ordinal) ON DELETE CASCADE,
    url text NOT NULL,
    -- Of the URL: it is asked a few times at once and no more.
    host text NOT NULL,
    events text[] NOT NULL,
    disabled boolean NOT NULL DEFAULT false,
    created_at bigint NOT NULL,
    secret text NOT NULL,
    former_secret text,
    former_until bigint,
    -- Nothing is sent before; its receiver has said so.
    held_until bigint NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX webhooks_of_transfer ON webhooks (transfer) WHERE transfer IS NOT NULL;
  CREATE INDEX webhooks_of_owner ON webhooks (owner, ordinal) WHERE transfer IS NULL;

  CREATE TABLE deliveries (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    webhook bigint NOT NULL REFERENCES webhooks (ordinal) ON DELETE CASCADE,
    transfer bigint NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    event text NOT NULL,
    at bigint NOT NULL,
    -- The rest of the notice. Not jsonb, which writes numbers in its own way.
    notice json NOT NULL,
    -- Whether it is still to be delivered.
    waits boolean NOT NULL DEFAULT true,
    attempts integer NOT NULL DEFAULT 0,
    -- Attempts since it began or was replayed.
    tries integer NOT NULL DEFAULT 0,
    delivered_at bigint,
    last_status integer,
    last_error text
  );
  CREATE INDEX deliveries_of_webhook ON deliveries (webhook, ordinal);
  CREATE INDEX deliveries_of_transfer ON deliveries (transfer);
  CREATE INDEX deliveries_waiting ON deliveries (webhook, transfer, ordinal) WHERE waits;
  CREATE INDEX deliveries_settled ON deliveries (at) WHERE NOT waits;

  -- What a webhook is to be told of a transfer goes in order, one delivery at a time: those that wait are a lane.
  CREATE TABLE lanes (
    lane bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook bigint NOT NULL REFERENCES webhooks (ordinal) ON DELETE CASCADE,
    transfer bigint NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    -- When the first of them is, and when that was said.
    due_at bigint NOT NULL,
    set_at bigint NOT NULL,
    UNIQUE (webhook, transfer)
  );
  CREATE INDEX lanes_of_transfer ON lanes (transfer);
  CREATE INDEX lanes_due ON lanes (due_at, lane);
  `,
};
