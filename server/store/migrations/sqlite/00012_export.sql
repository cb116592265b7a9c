-- +goose Up
-- What a resident takes along: one at a time, gone after a day. expires_at is NULL
-- until it is ready.
CREATE TABLE export (
    id          TEXT    PRIMARY KEY,
    resident_id TEXT    NOT NULL UNIQUE REFERENCES resident (id),
    state       TEXT    NOT NULL,
    made_at     INTEGER,
    expires_at  INTEGER,
    doc         BLOB    NOT NULL
) STRICT;

CREATE TABLE export_data (
    export_id TEXT PRIMARY KEY REFERENCES export (id),
    doc       BLOB NOT NULL
) STRICT;

-- +goose Down
DROP TABLE export_data;
DROP TABLE export;
