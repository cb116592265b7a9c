-- +goose Up
-- What is erased with a resident, and what goes with a share.
CREATE INDEX mandate_of_resident ON mandate (resident_id);
CREATE INDEX evidence_of_resident ON evidence (resident_id);
CREATE INDEX answer_document_of_resident ON answer_document (resident_id);
CREATE INDEX visit_of_resident ON visit (resident_id);
CREATE INDEX session_use_of_resident ON session_use (resident_id) WHERE resident_id IS NOT NULL;
CREATE INDEX share_view_of_share ON share_view (share_id);

-- The queue of those who ask for their next case, and what of it is late.
DROP INDEX dispute_waiting;
CREATE INDEX dispute_waiting ON dispute (next_due, filed_at, n) WHERE handler_id = '' AND state <> 'decided' AND state <> 'to_serve';
CREATE INDEX dispute_waiting_late ON dispute (next_due, filed_at, n) WHERE state <> 'decided' AND state <> 'to_serve';

-- What an agency has to answer, by its clock.
CREATE INDEX inquiry_open_of_agency ON inquiry (agency, due, id) WHERE state <> 'answered';

-- A resident's open cases, and the latest score by a rulebook.
CREATE INDEX dispute_open_of_resident ON dispute (resident_id, filed_at, n) WHERE state <> 'decided';
CREATE INDEX score_by_rulebook ON score (resident_id, rulebook, made_at, n);

-- Jobs that have a date wait where no worker passes them, by that date.
CREATE INDEX casework_job_dated ON river_job (scheduled_at) WHERE state IN ('retryable', 'scheduled');
UPDATE river_job SET state = 'scheduled' WHERE state = 'available' AND scheduled_at > now() + interval '5 seconds';

-- +goose Down
DROP INDEX casework_job_dated;
DROP INDEX score_by_rulebook;
DROP INDEX dispute_open_of_resident;
DROP INDEX inquiry_open_of_agency;
DROP INDEX dispute_waiting_late;
DROP INDEX dispute_waiting;
CREATE INDEX dispute_waiting ON dispute (next_due, filed_at, n) WHERE handler_id = '' AND state <> 'decided';
DROP INDEX share_view_of_share;
DROP INDEX session_use_of_resident;
DROP INDEX visit_of_resident;
DROP INDEX answer_document_of_resident;
DROP INDEX evidence_of_resident;
DROP INDEX mandate_of_resident;
