-- +goose Up
-- A batch has a random key for addresses and jobs. Its answers are stored in parts, and
-- what it said only while it waits to be worked on.
ALTER TABLE batch ADD COLUMN key TEXT COLLATE "C";
UPDATE batch SET key = upper(replace(gen_random_uuid()::text, '-', ''));
CREATE UNIQUE INDEX batch_by_key ON batch (key);
CREATE INDEX batch_of_agency ON batch (agency, at, key);

CREATE TABLE batch_part (
    batch_key TEXT COLLATE "C" NOT NULL REFERENCES batch (key) ON DELETE CASCADE,
    n         BIGINT  NOT NULL,
    doc       BYTEA   NOT NULL,
    PRIMARY KEY (batch_key, n)
);

CREATE TABLE batch_body (
    batch_key TEXT COLLATE "C" NOT NULL REFERENCES batch (key) ON DELETE CASCADE,
    n         BIGINT  NOT NULL,
    doc       BYTEA   NOT NULL,
    PRIMARY KEY (batch_key, n)
);

-- What waits for an agency, because it has another name than the person with the ID
-- number. The content is a reference and names nobody.
CREATE TABLE unmatched (
    id          TEXT COLLATE "C" PRIMARY KEY,
    agency      TEXT COLLATE "C" NOT NULL,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    ref_hash    BYTEA   NOT NULL,
    asked       BIGINT  NOT NULL,
    at          BIGINT  NOT NULL,
    doc         BYTEA   NOT NULL,
    UNIQUE (agency, resident_id, ref_hash)
);
CREATE INDEX unmatched_of_agency ON unmatched (agency, at, id);
CREATE INDEX unmatched_of_resident ON unmatched (resident_id);

-- +goose Down
DROP TABLE unmatched;
DROP TABLE batch_body;
DROP TABLE batch_part;
DROP INDEX batch_of_agency;
DROP INDEX batch_by_key;
ALTER TABLE batch DROP COLUMN key;
