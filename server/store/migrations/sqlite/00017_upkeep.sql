-- +goose Up
-- When something that keeps the city going was last done, such as a backup.
CREATE TABLE upkeep (
    name TEXT    PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;

-- What the operator's figures count.
CREATE INDEX request_open ON request (state, created_at) WHERE state IN ('queued', 'collecting', 'scoring');
CREATE INDEX dispute_figures ON dispute (state, next_due, very_late_at) WHERE state <> 'decided';

-- What goes after its time, by age. trimmed is 1 when the sources of a request have gone.
ALTER TABLE request ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX request_untrimmed ON request (created_at, id) WHERE state IN ('ready', 'withdrawn') AND trimmed = 0;
CREATE INDEX event_by_age ON event (at);
CREATE INDEX visit_by_age ON visit (at);
CREATE INDEX batch_by_age ON batch (at);
CREATE INDEX counter_miss_by_age ON counter_miss (at);
CREATE INDEX notice_read_by_age ON notice (at) WHERE read_at IS NOT NULL;
CREATE INDEX notice_unread_by_age ON notice (at) WHERE read_at IS NULL;
CREATE INDEX export_by_end ON export (expires_at) WHERE expires_at IS NOT NULL;

-- +goose Down
DROP INDEX export_by_end;
DROP INDEX notice_unread_by_age;
DROP INDEX notice_read_by_age;
DROP INDEX counter_miss_by_age;
DROP INDEX batch_by_age;
DROP INDEX visit_by_age;
DROP INDEX event_by_age;
DROP INDEX request_untrimmed;
ALTER TABLE request DROP COLUMN trimmed;
DROP INDEX dispute_figures;
DROP INDEX request_open;
DROP TABLE upkeep;
