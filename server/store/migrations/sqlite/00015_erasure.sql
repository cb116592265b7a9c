-- +goose Up
-- Who left, step by step. The id is the receipt.
CREATE TABLE erasure (
    id          TEXT PRIMARY KEY,
    resident_id TEXT NOT NULL UNIQUE,
    asked_at    INTEGER NOT NULL,
    listed_at   INTEGER,
    login_at    INTEGER,
    erased_at   INTEGER
) STRICT;

-- +goose Down
DROP TABLE erasure;
