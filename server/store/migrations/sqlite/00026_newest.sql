-- +goose Up
-- The newest score of a resident is the one that was added last, whatever the clocks of the
-- replicas say.
DROP INDEX score_of_resident;
DROP INDEX score_by_rulebook;
CREATE INDEX score_of_resident ON score (resident_id, n);
CREATE INDEX score_by_rulebook ON score (resident_id, rulebook, n);

-- +goose Down
DROP INDEX score_by_rulebook;
DROP INDEX score_of_resident;
CREATE INDEX score_of_resident ON score (resident_id, made_at, n);
CREATE INDEX score_by_rulebook ON score (resident_id, rulebook, made_at, n);
