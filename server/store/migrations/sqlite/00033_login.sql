-- +goose Up
-- cookie is the keyed hash of the only cookie by which a session goes on, NULL for the first one;
-- factor_at is when its second factor was given. Both times are by the database's clock.
ALTER TABLE session_use ADD COLUMN cookie TEXT;
ALTER TABLE session_use ADD COLUMN factor_at INTEGER;

-- Tries to log in, by keyed hash of what is counted: free_at is when all are free again, and
-- at when the last one was counted. What is good once has free_at as its end.
CREATE TABLE login_try (
    try_hash BLOB PRIMARY KEY,
    free_at  INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX login_try_free ON login_try (free_at);

-- +goose Down
DROP TABLE login_try;
ALTER TABLE session_use DROP COLUMN factor_at;
ALTER TABLE session_use DROP COLUMN cookie;
