-- +goose Up
-- What residents report: that they were refused something, or that a list was used that
-- nobody has published. What is not sealed names nobody.
CREATE TABLE complaint (
    id          TEXT PRIMARY KEY,
    resident_id TEXT NOT NULL REFERENCES resident (id),
    kind        TEXT NOT NULL,
    place       TEXT NOT NULL,
    state       TEXT NOT NULL,
    filed_at    INTEGER NOT NULL,
    due         INTEGER NOT NULL,
    late        INTEGER NOT NULL,
    unlawful    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    doc         BLOB NOT NULL
) STRICT;
CREATE INDEX complaint_of_resident ON complaint (resident_id, filed_at, id);
CREATE INDEX complaint_waiting ON complaint (due, id) WHERE state = 'filed';
CREATE INDEX complaint_sums ON complaint (kind, state, late, unlawful);

-- +goose Down
DROP TABLE complaint;
