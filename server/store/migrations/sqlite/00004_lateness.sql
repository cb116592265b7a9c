-- +goose Up
-- From when a dispute's nearest running clock is very late; the greatest integer
-- for never.
ALTER TABLE dispute ADD COLUMN very_late_at INTEGER NOT NULL DEFAULT 9223372036854775807;
CREATE INDEX dispute_late ON dispute (next_due, very_late_at) WHERE state <> 'decided';

-- What a dispute says about its agency, and nothing about anybody else, so that
-- the figures of all agencies are read without a single dispute. Days are working
-- days. late_from is when the agency is late; the greatest integer for never.
CREATE TABLE agency_stat (
    dispute_id  TEXT PRIMARY KEY REFERENCES dispute (id),
    agency      TEXT NOT NULL,
    asked       INTEGER NOT NULL,
    answer      TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    answer_days INTEGER,
    decide_days INTEGER,
    late_from   INTEGER NOT NULL
) STRICT;
CREATE INDEX agency_stat_figures ON agency_stat (agency, asked, answer, outcome, late_from);
CREATE INDEX agency_stat_answer_days ON agency_stat (agency, answer_days) WHERE answer_days IS NOT NULL;
CREATE INDEX agency_stat_decide_days ON agency_stat (agency, decide_days) WHERE decide_days IS NOT NULL;

-- +goose Down
DROP TABLE agency_stat;
DROP INDEX dispute_late;
ALTER TABLE dispute DROP COLUMN very_late_at;
