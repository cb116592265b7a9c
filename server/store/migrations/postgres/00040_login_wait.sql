-- +goose Up
-- Logins that wait for their turn, in their order. id_hash is of the random id that only the
-- browser has, with which sealed and answer are sealed too: sealed is what was typed, until
-- there is an answer. asked_at is when the browser asked last for its place, taken_at when a
-- server began to check the password. Times are by the database's clock.
CREATE TABLE login_wait (
    seq      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id_hash  BYTEA NOT NULL UNIQUE,
    sealed   BYTEA,
    answer   BYTEA,
    asked_at BIGINT NOT NULL,
    taken_at BIGINT
);
CREATE INDEX login_wait_asked ON login_wait (asked_at);

-- +goose Down
DROP TABLE login_wait;
