-- +goose Up
-- What residents think of how their dispute was dealt with, by agency: good or poor; '' for
-- who has not said.
ALTER TABLE agency_stat ADD COLUMN feedback TEXT NOT NULL DEFAULT '';
CREATE INDEX agency_stat_feedback ON agency_stat (agency, feedback) WHERE feedback <> '';

-- +goose Down
DROP INDEX agency_stat_feedback;
ALTER TABLE agency_stat DROP COLUMN feedback;
