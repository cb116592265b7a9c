-- +goose Up
-- Why somebody looked: one inquiry about one line of the access log. The staff number
-- and the agency are of who looked.
CREATE TABLE inquiry (
    id          TEXT PRIMARY KEY,
    resident_id TEXT NOT NULL REFERENCES resident (id),
    seq         INTEGER NOT NULL,
    staff_id    TEXT NOT NULL,
    agency      TEXT NOT NULL,
    state       TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    late        INTEGER NOT NULL,
    unexplained INTEGER NOT NULL,
    unfounded   INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    doc         BLOB NOT NULL,
    UNIQUE (resident_id, seq)
) STRICT;
CREATE INDEX inquiry_waiting ON inquiry (due, id) WHERE state <> 'answered';
CREATE INDEX inquiry_of_staff ON inquiry (staff_id, due, id) WHERE state = 'asked';
CREATE INDEX inquiry_of_agency ON inquiry (agency, unexplained, unfounded) WHERE agency <> '';

-- +goose Down
DROP TABLE inquiry;
