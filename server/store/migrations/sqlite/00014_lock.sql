-- +goose Up
-- When a session was last used. resident_id is NULL for staff and officers.
CREATE TABLE session_use (
    session_hash BLOB PRIMARY KEY,
    resident_id  TEXT,
    seen_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX session_use_age ON session_use (seen_at);

-- After how many minutes unused a resident's sessions end, where they chose.
CREATE TABLE screen_lock (
    resident_id TEXT PRIMARY KEY REFERENCES resident (id),
    minutes     INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE screen_lock;
DROP TABLE session_use;
