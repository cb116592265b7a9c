-- +goose Up
-- The kind of a case: dispute, repair, review or listing.
ALTER TABLE dispute ADD COLUMN kind TEXT NOT NULL DEFAULT 'dispute';
CREATE INDEX dispute_by_kind ON dispute (kind, next_due, id);

-- +goose Down
DROP INDEX dispute_by_kind;
ALTER TABLE dispute DROP COLUMN kind;
