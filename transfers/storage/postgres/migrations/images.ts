import type { Migration } from "../migrations.ts";

/** Pictures, and the blobs that their bytes are in. */
export const IMAGES: Migration = {
  additive: true,
  sql: `
  CREATE TABLE blobs (
    sha256 text PRIMARY KEY,
    key text NOT NULL UNIQUE,
    bytes bigint NOT NULL
  );

  CREATE TABLE images (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    owner text NOT NULL,
    sha256 text NOT NULL REFERENCES blobs (sha256),
    width integer NOT NULL,
    height integer NOT NULL,
    mime_type text NOT NULL,
    byte_length bigint NOT NULL,
    created_at bigint NOT NULL,
    uploaded_at bigint,
    UNIQUE (sha256, owner)
  );
  CREATE INDEX images_by_age ON images (created_at, ordinal);

  -- Images that nobody removes, and who has asked for that.
  CREATE TABLE image_holds (
    holder text NOT NULL,
    image text NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    -- The holder has stopped by then.
    until timestamptz NOT NULL,
    PRIMARY KEY (holder, image)
  );
  CREATE INDEX image_holds_of_image ON image_holds (image);
  CREATE INDEX image_holds_by_end ON image_holds (until);

  CREATE FUNCTION count_image_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' THEN
      INSERT INTO owner_bytes (owner, images) VALUES (new.owner, new.byte_length)
        ON CONFLICT (owner) DO UPDATE SET images = owner_bytes.images + excluded.images;
    ELSE
      UPDATE owner_bytes SET images = images - old.byte_length WHERE owner = old.owner;
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER image_bytes AFTER INSERT OR DELETE ON images FOR EACH ROW EXECUTE FUNCTION count_image_bytes();
  `,
};
