-- +goose Up
DROP INDEX request_untrimmed;
CREATE INDEX request_untrimmed ON request (created_at, id) WHERE state IN ('ready', 'withdrawn', 'too_little') AND trimmed = 0;

-- +goose Down
DROP INDEX request_untrimmed;
CREATE INDEX request_untrimmed ON request (created_at, id) WHERE state IN ('ready', 'withdrawn') AND trimmed = 0;
