-- +goose Up
-- Requests that changed something and named themselves by a key, with what was answered.
-- The hashes are keyed. resident_id is the sender, where that is a resident. The columns
-- key_hash of request and dispute are used no more.
CREATE TABLE sending (
    key_hash     BLOB    PRIMARY KEY,
    content_hash BLOB NOT NULL,
    resident_id  TEXT    REFERENCES resident (id),
    at           INTEGER NOT NULL,
    doc          BLOB NOT NULL
) STRICT;
CREATE INDEX sending_by_age ON sending (at);
CREATE INDEX sending_of_resident ON sending (resident_id, at) WHERE resident_id IS NOT NULL;
UPDATE request SET key_hash = NULL WHERE key_hash IS NOT NULL;
UPDATE dispute SET key_hash = NULL WHERE key_hash IS NOT NULL;

-- +goose Down
DROP TABLE sending;
