-- +goose Up
-- A batch has a random key for addresses and jobs. Its answers are stored in parts, and
-- what it said only while it waits to be worked on.
ALTER TABLE batch ADD COLUMN key TEXT;
UPDATE batch SET key = upper(hex(randomblob(13)));
CREATE UNIQUE INDEX batch_by_key ON batch (key);
CREATE INDEX batch_of_agency ON batch (agency, at, key);

CREATE TABLE batch_part (
    batch_key TEXT    NOT NULL REFERENCES batch (key) ON DELETE CASCADE,
    n         INTEGER NOT NULL,
    doc       BLOB    NOT NULL,
    PRIMARY KEY (batch_key, n)
) STRICT;

CREATE TABLE batch_body (
    batch_key TEXT    NOT NULL REFERENCES batch (key) ON DELETE CASCADE,
    n         INTEGER NOT NULL,
    doc       BLOB    NOT NULL,
    PRIMARY KEY (batch_key, n)
) STRICT;

-- What waits for an agency, because it has another name than the person with the ID
-- number. The content is a reference and names nobody.
CREATE TABLE unmatched (
    id          TEXT    PRIMARY KEY,
    agency      TEXT    NOT NULL,
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    ref_hash    BLOB    NOT NULL,
    asked       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    doc         BLOB    NOT NULL,
    UNIQUE (agency, resident_id, ref_hash)
) STRICT;
CREATE INDEX unmatched_of_agency ON unmatched (agency, at, id);
CREATE INDEX unmatched_of_resident ON unmatched (resident_id);

-- +goose Down
DROP TABLE unmatched;
DROP TABLE batch_body;
DROP TABLE batch_part;
DROP INDEX batch_of_agency;
DROP INDEX batch_by_key;
ALTER TABLE batch DROP COLUMN key;
