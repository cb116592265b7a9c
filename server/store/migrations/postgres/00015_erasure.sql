-- +goose Up
-- Who left, step by step. The id is the receipt.
CREATE TABLE erasure (
    id          TEXT COLLATE "C" PRIMARY KEY,
    resident_id TEXT COLLATE "C" NOT NULL UNIQUE,
    asked_at    BIGINT NOT NULL,
    listed_at   BIGINT,
    login_at    BIGINT,
    erased_at   BIGINT
);

-- +goose Down
DROP TABLE erasure;
