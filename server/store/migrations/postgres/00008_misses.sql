-- +goose Up
-- Look-ups at the counter that found nobody: who looked and when, not for whom.
CREATE TABLE counter_miss (
    n        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_id TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX counter_miss_of ON counter_miss (staff_id, at);

-- +goose Down
DROP TABLE counter_miss;
