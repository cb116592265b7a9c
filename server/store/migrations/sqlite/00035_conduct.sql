-- +goose Up
-- Whether the agency had opened all evidence before it answered: yes or no; '' where there was
-- none, or no answer. What follows is the bureau's own part in a case, and then agency is ''
-- where the case is put to none: how it decided (in_time, late, silent), what a review found,
-- and whether it had opened all evidence before it decided.
ALTER TABLE agency_stat ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE agency_stat ADD COLUMN desk TEXT NOT NULL DEFAULT '';
ALTER TABLE agency_stat ADD COLUMN desk_outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE agency_stat ADD COLUMN desk_evidence TEXT NOT NULL DEFAULT '';
CREATE INDEX agency_stat_evidence ON agency_stat (agency, evidence) WHERE evidence <> '';
CREATE INDEX agency_stat_desk ON agency_stat (desk, desk_outcome, desk_evidence);

-- How many rows of its batches that are finished were taken, and how many refused.
CREATE TABLE intake_stat (
    agency   TEXT PRIMARY KEY,
    accepted INTEGER NOT NULL,
    refused  INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE intake_stat;
DROP INDEX agency_stat_desk;
DROP INDEX agency_stat_evidence;
ALTER TABLE agency_stat DROP COLUMN desk_evidence;
ALTER TABLE agency_stat DROP COLUMN desk_outcome;
ALTER TABLE agency_stat DROP COLUMN desk;
ALTER TABLE agency_stat DROP COLUMN evidence;
