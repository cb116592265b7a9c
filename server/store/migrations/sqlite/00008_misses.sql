-- +goose Up
-- Look-ups at the counter that found nobody: who looked and when, not for whom.
CREATE TABLE counter_miss (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX counter_miss_of ON counter_miss (staff_id, at);

-- +goose Down
DROP TABLE counter_miss;
