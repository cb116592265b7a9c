-- +goose Up
-- What residents share. The code of the link is kept as a keyed hash only; whether
-- a share can still be looked at is plain, and what it shows is not.
CREATE TABLE share (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    resident_id  TEXT NOT NULL REFERENCES resident (id),
    code_hash    BLOB NOT NULL UNIQUE,
    rulebook     TEXT NOT NULL,
    made_at      INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    allowed      INTEGER NOT NULL,
    viewed       INTEGER NOT NULL CHECK (viewed <= allowed),
    revoked_at   INTEGER,
    corrected_at INTEGER,
    doc          BLOB NOT NULL
) STRICT;
CREATE INDEX share_of_resident ON share (resident_id, n);

CREATE TABLE share_view (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    share_id    TEXT NOT NULL REFERENCES share (id),
    resident_id TEXT NOT NULL REFERENCES resident (id),
    at          INTEGER NOT NULL,
    doc         BLOB NOT NULL
) STRICT;
CREATE INDEX share_view_of_resident ON share_view (resident_id, n);

-- +goose Down
DROP TABLE share_view;
DROP TABLE share;
