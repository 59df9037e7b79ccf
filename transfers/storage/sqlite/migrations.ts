/**
 * The steps that lead from an empty database to the newest version, one for each version. Only ever add to the end: what
 * is here has been run on databases out there.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE transfers (
    -- Never used again, so that a place in a list stays what it was.
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    idempotency_key TEXT,
    finished_at INTEGER,
    sequence INTEGER NOT NULL,
    -- Of checkpoints and frames together.
    file_bytes INTEGER NOT NULL DEFAULT 0,
    -- The rest of the record as JSON.
    document TEXT NOT NULL,
    UNIQUE (owner, idempotency_key)
  ) STRICT;
  CREATE INDEX transfers_of_owner ON transfers (owner, ordinal, status);
  CREATE INDEX transfers_ended ON transfers (finished_at, ordinal, id, sequence, file_bytes)
    WHERE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED');

  -- Which layers the losses of an event are of, as JSON. All events of a transfer share one.
  CREATE TABLE loss_layers (id INTEGER PRIMARY KEY, layers TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE events (
    -- An ordinal. No reference: the events of a removed transfer go bit by bit.
    transfer INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status TEXT NOT NULL,
    step INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    frame INTEGER NOT NULL,
    seconds_per_step REAL,
    failure TEXT,
    -- Place among the transfer's events with losses, from 0; null without.
    loss_number INTEGER,
    -- Total, content, style, tv and those of the layers, 8 bytes each.
    losses BLOB,
    loss_layers INTEGER REFERENCES loss_layers (id),
    PRIMARY KEY (transfer, sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX events_by_loss ON events (transfer, loss_number) WHERE loss_number IS NOT NULL;

  -- Transfers whose events are still to be removed.
  CREATE TABLE removed (transfer INTEGER PRIMARY KEY) STRICT;

  CREATE TABLE image_uses (
    transfer INTEGER NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    image TEXT NOT NULL,
    PRIMARY KEY (transfer, image)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_uses_of_image ON image_uses (image);

  CREATE TABLE checkpoints (
    transfer INTEGER NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (transfer, step)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE frames (
    transfer INTEGER NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (transfer, step)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX frames_passing ON frames (transfer) WHERE keep = 0;

  CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, file TEXT NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE images (
    ordinal INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES blobs (sha256),
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    mime_type TEXT NOT NULL,
    byte_length INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (sha256, owner)
  ) STRICT;
  CREATE INDEX images_by_age ON images (created_at);

  CREATE TABLE queue (
    arrival INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    priority INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    -- Who has claimed it, and in which turn; null while it waits.
    worker TEXT,
    turn INTEGER
  ) STRICT;

  -- The last turn of each owner at each priority. Turns count up.
  CREATE TABLE turns (
    turn INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    priority INTEGER NOT NULL,
    UNIQUE (owner, priority)
  ) STRICT;
  `,
  `
  -- When an image was last uploaded for its own sake. What was there before counts as uploaded, but for results.
  ALTER TABLE images ADD COLUMN uploaded_at INTEGER;
  UPDATE images SET uploaded_at = created_at
    WHERE id NOT IN (SELECT document ->> 'resultId' FROM transfers WHERE document ->> 'resultId' IS NOT NULL);
  `,
  `
  CREATE TABLE webhooks (
    -- Never used again, so that a place in a list stays what it was.
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    -- Of the one that it is told of; null for all of its owner.
    transfer INTEGER REFERENCES transfers (ordinal) ON DELETE CASCADE,
    url TEXT NOT NULL,
    -- Of the URL: it is asked a few times at once and no more.
    host TEXT NOT NULL,
    -- As JSON.
    events TEXT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    secret TEXT NOT NULL,
    former_secret TEXT,
    former_until INTEGER,
    -- Nothing is sent before; its receiver has said so.
    held_until INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX webhooks_of_transfer ON webhooks (transfer) WHERE transfer IS NOT NULL;
  CREATE INDEX webhooks_of_owner ON webhooks (owner, ordinal) WHERE transfer IS NULL;

  CREATE TABLE deliveries (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    webhook INTEGER NOT NULL REFERENCES webhooks (ordinal) ON DELETE CASCADE,
    transfer INTEGER NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    event TEXT NOT NULL,
    at INTEGER NOT NULL,
    -- The rest of the notice as JSON.
    notice TEXT NOT NULL,
    -- Whether it is still to be delivered.
    waits INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Attempts since it began or was replayed.
    tries INTEGER NOT NULL DEFAULT 0,
    delivered_at INTEGER,
    last_status INTEGER,
    last_error TEXT
  ) STRICT;
  CREATE INDEX deliveries_of_webhook ON deliveries (webhook, ordinal);
  CREATE INDEX deliveries_of_transfer ON deliveries (transfer);
  CREATE INDEX deliveries_waiting ON deliveries (webhook, transfer, ordinal) WHERE waits = 1;
  CREATE INDEX deliveries_settled ON deliveries (at) WHERE waits = 0;

  -- What a webhook is to be told of a transfer goes in order, one delivery at a time: those that wait are a lane.
  CREATE TABLE lanes (
    lane INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook INTEGER NOT NULL REFERENCES webhooks (ordinal) ON DELETE CASCADE,
    transfer INTEGER NOT NULL REFERENCES transfers (ordinal) ON DELETE CASCADE,
    -- When the first of them is, and when that was said.
    due_at INTEGER NOT NULL,
    set_at INTEGER NOT NULL,
    UNIQUE (webhook, transfer)
  ) STRICT;
  CREATE INDEX lanes_of_transfer ON lanes (transfer);
  CREATE INDEX lanes_due ON lanes (due_at);
  `,
  `
  -- Under which role a transfer was admitted. Before there were roles everybody was an admin.
  ALTER TABLE queue ADD COLUMN role TEXT NOT NULL DEFAULT 'ADMIN';
  CREATE INDEX queue_of_owner ON queue (owner, worker);

  -- Bytes of each owner's images, and of the files of their transfers: sums that the triggers keep.
  CREATE TABLE owner_bytes (
    owner TEXT PRIMARY KEY,
    images INTEGER NOT NULL DEFAULT 0,
    files INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  INSERT INTO owner_bytes (owner, images, files)
    SELECT owner, sum(images), sum(files) FROM (
      SELECT owner, byte_length AS images, 0 AS files FROM images
      UNION ALL SELECT owner, 0, file_bytes FROM transfers
    ) GROUP BY owner;
  CREATE TRIGGER image_added AFTER INSERT ON images BEGIN
    INSERT INTO owner_bytes (owner, images) VALUES (new.owner, new.byte_length)
      ON CONFLICT (owner) DO UPDATE SET images = images + excluded.images;
  END;
  CREATE TRIGGER image_removed AFTER DELETE ON images BEGIN
    UPDATE owner_bytes SET images = images - old.byte_length WHERE owner = old.owner;
  END;
  CREATE TRIGGER files_changed AFTER UPDATE OF file_bytes ON transfers BEGIN
    INSERT INTO owner_bytes (owner, files) VALUES (new.owner, new.file_bytes - old.file_bytes)
      ON CONFLICT (owner) DO UPDATE SET files = files + excluded.files;
  END;
  CREATE TRIGGER transfer_removed AFTER DELETE ON transfers BEGIN
    UPDATE owner_bytes SET files = files - old.file_bytes WHERE owner = old.owner;
  END;

  -- Steps × pixels that each owner has had admitted on a UTC day, counted from the epoch.
  CREATE TABLE owner_work (
    day INTEGER NOT NULL,
    owner TEXT NOT NULL,
    work REAL NOT NULL,
    PRIMARY KEY (day, owner)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What a worker has to have for it, as JSON. What waits from before was admitted for the one that there was.
  ALTER TABLE queue ADD COLUMN needs TEXT NOT NULL DEFAULT '{"memoryBytes":0,"layers":[]}';
  -- Whether the worker has given it up: it is claimed again before all that waits. A claim's turn is its epoch.
  ALTER TABLE queue ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX queue_released ON queue (turn) WHERE released = 1;
  `,
  `
  CREATE TABLE batches (
    -- Never used again, so that a place in a list stays what it was.
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    idempotency_key TEXT,
    -- The rest of the record as JSON.
    document TEXT NOT NULL,
    UNIQUE (owner, idempotency_key)
  ) STRICT;
  CREATE INDEX batches_of_owner ON batches (owner, ordinal);
  ALTER TABLE transfers ADD COLUMN batch INTEGER REFERENCES batches (ordinal);
  CREATE INDEX transfers_of_batch ON transfers (batch, ordinal) WHERE batch IS NOT NULL;
  -- A batch goes with its last transfer.
  CREATE TRIGGER batch_emptied AFTER DELETE ON transfers WHEN old.batch IS NOT NULL BEGIN
    DELETE FROM batches
      WHERE ordinal = old.batch AND NOT EXISTS (SELECT 1 FROM transfers WHERE batch = old.batch);
  END;
  `,
];
