-- +goose Up
-- The one-time code with which a resident who forgot the password sets a new one.
CREATE TABLE password_reset (
    resident_id TEXT PRIMARY KEY REFERENCES resident (id),
    code_hash   BLOB NOT NULL,
    until       INTEGER NOT NULL,
    guesses     INTEGER NOT NULL
) STRICT;
CREATE INDEX password_reset_age ON password_reset (until);

-- +goose Down
DROP TABLE password_reset;
