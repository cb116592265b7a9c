-- +goose Up
-- What a person may do only so often in a day, by keyed hash of person and use: free_at is when
-- nothing of it counts any more.
CREATE TABLE allowance (
    use_hash BYTEA PRIMARY KEY,
    free_at  BIGINT NOT NULL
);
CREATE INDEX allowance_free ON allowance (free_at);

-- +goose Down
DROP TABLE allowance;
