-- +goose Up
-- Instants are microseconds since 1970 in UTC. doc is the row as JSON and the
-- only place for personal content; the other columns find and order it. n is
-- the order of insertion, which breaks ties between equal instants.

CREATE TABLE resident (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    id_hash    BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    doc        BLOB    NOT NULL
) STRICT;

CREATE TABLE consent (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    resident_id  TEXT    NOT NULL REFERENCES resident (id),
    rulebook     TEXT    NOT NULL,
    given_at     INTEGER NOT NULL,
    withdrawn_at INTEGER,
    doc          BLOB    NOT NULL
) STRICT;
CREATE INDEX consent_of_resident ON consent (resident_id, given_at, n);

CREATE TABLE request (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    key_hash    BLOB,
    state       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    doc         BLOB    NOT NULL,
    UNIQUE (resident_id, key_hash)
) STRICT;
CREATE UNIQUE INDEX request_one_open ON request (resident_id) WHERE state IN ('queued', 'collecting', 'scoring');
CREATE INDEX request_of_resident ON request (resident_id, created_at, n);
CREATE INDEX request_queue ON request (created_at, n) WHERE state = 'queued';

CREATE TABLE source (
    request_id TEXT    NOT NULL REFERENCES request (id),
    agency     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    next_try   INTEGER NOT NULL,
    doc        BLOB    NOT NULL,
    PRIMARY KEY (request_id, agency)
) STRICT;

CREATE TABLE record (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    resident_id TEXT NOT NULL REFERENCES resident (id),
    agency      TEXT NOT NULL,
    ref_hash    BLOB,
    code        TEXT NOT NULL,
    state       TEXT NOT NULL,
    doc         BLOB NOT NULL,
    UNIQUE (resident_id, agency, ref_hash)
) STRICT;
CREATE INDEX record_of_resident ON record (resident_id, n);

CREATE TABLE listing (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    resident_id TEXT NOT NULL REFERENCES resident (id),
    agency      TEXT NOT NULL,
    ref_hash    BLOB,
    code        TEXT NOT NULL,
    state       TEXT NOT NULL,
    doc         BLOB NOT NULL,
    UNIQUE (resident_id, agency, ref_hash)
) STRICT;
CREATE INDEX listing_of_resident ON listing (resident_id, n);

CREATE TABLE score (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    rulebook    TEXT    NOT NULL,
    made_at     INTEGER NOT NULL,
    doc         BLOB    NOT NULL
) STRICT;
CREATE INDEX score_of_resident ON score (resident_id, made_at, n);

-- next_due is the greatest integer when no clock runs.
CREATE TABLE dispute (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    key_hash    BLOB,
    record_id   TEXT    REFERENCES record (id),
    listing_id  TEXT    REFERENCES listing (id),
    agency      TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    handler_id  TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    filed_at    INTEGER NOT NULL,
    next_due    INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    doc         BLOB    NOT NULL,
    UNIQUE (resident_id, key_hash)
) STRICT;
CREATE UNIQUE INDEX dispute_one_open_a_record ON dispute (record_id) WHERE record_id IS NOT NULL AND state <> 'decided';
CREATE UNIQUE INDEX dispute_one_open_a_listing ON dispute (listing_id) WHERE listing_id IS NOT NULL AND state <> 'decided';
CREATE INDEX dispute_of_resident ON dispute (resident_id, filed_at, n);
CREATE INDEX dispute_queue ON dispute (next_due, id) WHERE state <> 'decided';
CREATE INDEX dispute_by_due ON dispute (next_due, id);
CREATE INDEX dispute_by_state ON dispute (state, next_due, id);
CREATE INDEX dispute_by_handler ON dispute (handler_id, next_due, id) WHERE handler_id <> '';
CREATE INDEX dispute_by_agency ON dispute (agency, next_due, id);

CREATE TABLE evidence (
    n           INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    dispute_id  TEXT    NOT NULL REFERENCES dispute (id),
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    added_at    INTEGER NOT NULL,
    doc         BLOB    NOT NULL
) STRICT;
CREATE INDEX evidence_of_dispute ON evidence (dispute_id, added_at, n);

CREATE TABLE evidence_data (
    evidence_id TEXT PRIMARY KEY REFERENCES evidence (id),
    doc         BLOB NOT NULL
) STRICT;

-- seq comes from counter, in the same transaction.
CREATE TABLE look (
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    seq         INTEGER NOT NULL,
    others      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    doc         BLOB    NOT NULL,
    PRIMARY KEY (resident_id, seq)
) STRICT;
CREATE INDEX look_by_others ON look (resident_id, seq) WHERE others = 1;

CREATE TABLE event (
    audience TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (audience, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
    name TEXT    PRIMARY KEY,
    seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Finds the job that is waiting already.
CREATE INDEX casework_job_waiting ON river_job (json_extract(CAST(args AS TEXT), '$.id'))
    WHERE state IN ('available', 'scheduled');

-- +goose Down
DROP INDEX casework_job_waiting;
DROP TABLE counter;
DROP TABLE event;
DROP TABLE look;
DROP TABLE evidence_data;
DROP TABLE evidence;
DROP TABLE dispute;
DROP TABLE score;
DROP TABLE listing;
DROP TABLE record;
DROP TABLE source;
DROP TABLE request;
DROP TABLE consent;
DROP TABLE resident;
