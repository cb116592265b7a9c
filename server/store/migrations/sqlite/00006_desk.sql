-- +goose Up
-- The queue of those who ask for their next case.
CREATE INDEX dispute_waiting ON dispute (next_due, filed_at, n) WHERE handler_id = '' AND state <> 'decided';

-- What each handler did in a case, for the workload figures. Days are working days.
CREATE TABLE desk_case (
    dispute_id TEXT NOT NULL REFERENCES dispute (id),
    handler_id TEXT NOT NULL,
    way        TEXT NOT NULL,
    taken_at   INTEGER NOT NULL,
    decided_at INTEGER,
    days       INTEGER,
    doc        BLOB NOT NULL,
    PRIMARY KEY (dispute_id, handler_id)
) STRICT;
CREATE INDEX desk_case_taken ON desk_case (taken_at, handler_id, way);
CREATE INDEX desk_case_decided ON desk_case (decided_at, handler_id, days) WHERE decided_at IS NOT NULL;
CREATE INDEX desk_case_of_handler ON desk_case (handler_id, taken_at);

-- What staff write for each other.
CREATE TABLE note (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    dispute_id TEXT NOT NULL REFERENCES dispute (id),
    at         INTEGER NOT NULL,
    doc        BLOB NOT NULL
) STRICT;
CREATE INDEX note_of_dispute ON note (dispute_id, at, n);

-- Relatives of staff, by the hash of the ID number: they need not be enrolled.
CREATE TABLE relative (
    n        INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    staff_id TEXT NOT NULL,
    id_hash  BLOB NOT NULL,
    doc      BLOB NOT NULL,
    UNIQUE (staff_id, id_hash)
) STRICT;

CREATE TABLE declaration (
    n   INTEGER PRIMARY KEY AUTOINCREMENT,
    at  INTEGER NOT NULL,
    doc BLOB NOT NULL
) STRICT;

-- Who was looked up at the counter, and by whom.
CREATE TABLE visit (
    id          TEXT PRIMARY KEY,
    staff_id    TEXT NOT NULL,
    resident_id TEXT NOT NULL REFERENCES resident (id),
    at          INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE visit;
DROP TABLE declaration;
DROP TABLE relative;
DROP TABLE note;
DROP TABLE desk_case;
DROP INDEX dispute_waiting;
