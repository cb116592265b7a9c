-- +goose Up
-- When a session was last used. resident_id is NULL for staff and officers.
CREATE TABLE session_use (
    session_hash BYTEA PRIMARY KEY,
    resident_id  TEXT COLLATE "C",
    seen_at      BIGINT NOT NULL
);
CREATE INDEX session_use_age ON session_use (seen_at);

-- After how many minutes unused a resident's sessions end, where they chose.
CREATE TABLE screen_lock (
    resident_id TEXT COLLATE "C" PRIMARY KEY REFERENCES resident (id),
    minutes     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE screen_lock;
DROP TABLE session_use;
