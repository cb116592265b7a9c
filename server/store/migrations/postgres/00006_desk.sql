-- +goose Up
-- The queue of those who ask for their next case.
CREATE INDEX dispute_waiting ON dispute (next_due, filed_at, n) WHERE handler_id = '' AND state <> 'decided';

-- What each handler did in a case, for the workload figures. Days are working days.
CREATE TABLE desk_case (
    dispute_id TEXT COLLATE "C" NOT NULL REFERENCES dispute (id),
    handler_id TEXT COLLATE "C" NOT NULL,
    way        TEXT COLLATE "C" NOT NULL,
    taken_at   BIGINT NOT NULL,
    decided_at BIGINT,
    days       BIGINT,
    doc        BYTEA NOT NULL,
    PRIMARY KEY (dispute_id, handler_id)
);
CREATE INDEX desk_case_taken ON desk_case (taken_at, handler_id, way);
CREATE INDEX desk_case_decided ON desk_case (decided_at, handler_id, days) WHERE decided_at IS NOT NULL;
CREATE INDEX desk_case_of_handler ON desk_case (handler_id, taken_at);

-- What staff write for each other.
CREATE TABLE note (
    n          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    dispute_id TEXT COLLATE "C" NOT NULL REFERENCES dispute (id),
    at         BIGINT NOT NULL,
    doc        BYTEA NOT NULL
);
CREATE INDEX note_of_dispute ON note (dispute_id, at, n);

-- Relatives of staff, by the hash of the ID number: they need not be enrolled.
CREATE TABLE relative (
    n        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id       TEXT COLLATE "C" NOT NULL UNIQUE,
    staff_id TEXT COLLATE "C" NOT NULL,
    id_hash  BYTEA NOT NULL,
    doc      BYTEA NOT NULL,
    UNIQUE (staff_id, id_hash)
);

CREATE TABLE declaration (
    n   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at  BIGINT NOT NULL,
    doc BYTEA NOT NULL
);

-- Who was looked up at the counter, and by whom.
CREATE TABLE visit (
    id          TEXT COLLATE "C" PRIMARY KEY,
    staff_id    TEXT COLLATE "C" NOT NULL,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    at          BIGINT NOT NULL
);

-- +goose Down
DROP TABLE visit;
DROP TABLE declaration;
DROP TABLE relative;
DROP TABLE note;
DROP TABLE desk_case;
DROP INDEX dispute_waiting;
