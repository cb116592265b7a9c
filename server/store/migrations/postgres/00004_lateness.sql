-- +goose Up
-- From when a dispute's nearest running clock is very late; the greatest integer
-- for never.
ALTER TABLE dispute ADD COLUMN very_late_at BIGINT NOT NULL DEFAULT 9223372036854775807;
CREATE INDEX dispute_late ON dispute (next_due, very_late_at) WHERE state <> 'decided';

-- What a dispute says about its agency, and nothing about anybody else, so that
-- the figures of all agencies are read without a single dispute. Days are working
-- days. late_from is when the agency is late; the greatest integer for never.
CREATE TABLE agency_stat (
    dispute_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES dispute (id),
    agency      TEXT COLLATE "C" NOT NULL,
    asked       BIGINT NOT NULL,
    answer      TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    answer_days BIGINT,
    decide_days BIGINT,
    late_from   BIGINT NOT NULL
);
CREATE INDEX agency_stat_figures ON agency_stat (agency, asked, answer, outcome, late_from);
CREATE INDEX agency_stat_answer_days ON agency_stat (agency, answer_days) WHERE answer_days IS NOT NULL;
CREATE INDEX agency_stat_decide_days ON agency_stat (agency, decide_days) WHERE decide_days IS NOT NULL;

-- +goose Down
DROP TABLE agency_stat;
DROP INDEX dispute_late;
ALTER TABLE dispute DROP COLUMN very_late_at;
