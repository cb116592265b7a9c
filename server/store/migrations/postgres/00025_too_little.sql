-- +goose Up
-- Until when agencies are not asked, because they failed too often: one breaker for all
-- replicas. It names nobody.
CREATE TABLE breaker (
    agency     TEXT   PRIMARY KEY,
    open_until BIGINT NOT NULL
);

DROP INDEX request_untrimmed;
CREATE INDEX request_untrimmed ON request (created_at, id) WHERE state IN ('ready', 'withdrawn', 'too_little') AND trimmed = 0;

-- +goose Down
DROP TABLE breaker;
DROP INDEX request_untrimmed;
CREATE INDEX request_untrimmed ON request (created_at, id) WHERE state IN ('ready', 'withdrawn') AND trimmed = 0;
