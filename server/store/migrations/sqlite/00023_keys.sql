-- +goose Up
-- A key signs in one direction: submit, as the agency does, or ask, as we do. One that was
-- replaced is good until it ends.
ALTER TABLE agency_key ADD COLUMN key_use TEXT NOT NULL DEFAULT 'submit';
ALTER TABLE agency_key ADD COLUMN ends_at INTEGER;

-- +goose Down
ALTER TABLE agency_key DROP COLUMN ends_at;
ALTER TABLE agency_key DROP COLUMN key_use;
