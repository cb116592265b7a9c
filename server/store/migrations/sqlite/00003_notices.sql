-- +goose Up
-- seq comes from counter, in the same transaction. read_at is NULL until it is read.
CREATE TABLE notice (
    id          TEXT    PRIMARY KEY,
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    seq         INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    read_at     INTEGER,
    doc         BLOB    NOT NULL,
    UNIQUE (resident_id, seq)
) STRICT;
CREATE INDEX notice_unread ON notice (resident_id) WHERE read_at IS NULL;

CREATE TABLE notice_prefs (
    resident_id TEXT PRIMARY KEY REFERENCES resident (id),
    doc         BLOB NOT NULL
) STRICT;

-- A browser has one endpoint, whoever is logged in there.
CREATE TABLE push_device (
    id            TEXT    PRIMARY KEY,
    resident_id   TEXT    NOT NULL REFERENCES resident (id),
    endpoint_hash BLOB    NOT NULL UNIQUE,
    session_hash  BLOB,
    added_at      INTEGER NOT NULL,
    doc           BLOB    NOT NULL
) STRICT;
CREATE INDEX push_device_of_resident ON push_device (resident_id, added_at, id);
CREATE INDEX push_device_of_session ON push_device (session_hash);

-- +goose Down
DROP TABLE push_device;
DROP TABLE notice_prefs;
DROP TABLE notice;
