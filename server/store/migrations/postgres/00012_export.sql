-- +goose Up
-- What a resident takes along: one at a time, gone after a day. expires_at is NULL
-- until it is ready.
CREATE TABLE export (
    id          TEXT COLLATE "C" PRIMARY KEY,
    resident_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES resident (id),
    state       TEXT COLLATE "C" NOT NULL,
    made_at     BIGINT,
    expires_at  BIGINT,
    doc         BYTEA NOT NULL
);

CREATE TABLE export_data (
    export_id TEXT COLLATE "C" PRIMARY KEY REFERENCES export (id),
    doc       BYTEA NOT NULL
);

-- +goose Down
DROP TABLE export_data;
DROP TABLE export;
