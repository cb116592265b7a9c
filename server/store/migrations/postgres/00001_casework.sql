-- +goose Up
-- Instants are microseconds since 1970 in UTC. doc is the row as JSON and the
-- only place for personal content; the other columns find and order it. n is
-- the order of insertion, which breaks ties between equal instants.

CREATE TABLE resident (
    n          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    id_hash    BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    doc        BYTEA NOT NULL
);

CREATE TABLE consent (
    n            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id  TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    rulebook     TEXT COLLATE "C" NOT NULL,
    given_at     BIGINT NOT NULL,
    withdrawn_at BIGINT,
    doc          BYTEA NOT NULL
);
CREATE INDEX consent_of_resident ON consent (resident_id, given_at, n);

CREATE TABLE request (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    key_hash    BYTEA,
    state       TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    doc         BYTEA NOT NULL,
    UNIQUE (resident_id, key_hash)
);
CREATE UNIQUE INDEX request_one_open ON request (resident_id) WHERE state IN ('queued', 'collecting', 'scoring');
CREATE INDEX request_of_resident ON request (resident_id, created_at, n);
CREATE INDEX request_queue ON request (created_at, n) WHERE state = 'queued';

CREATE TABLE source (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES request (id),
    agency     TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    next_try   BIGINT NOT NULL,
    doc        BYTEA NOT NULL,
    PRIMARY KEY (request_id, agency)
);

CREATE TABLE record (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    agency      TEXT COLLATE "C" NOT NULL,
    ref_hash    BYTEA,
    code        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    doc         BYTEA NOT NULL,
    UNIQUE (resident_id, agency, ref_hash)
);
CREATE INDEX record_of_resident ON record (resident_id, n);

CREATE TABLE listing (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    agency      TEXT COLLATE "C" NOT NULL,
    ref_hash    BYTEA,
    code        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    doc         BYTEA NOT NULL,
    UNIQUE (resident_id, agency, ref_hash)
);
CREATE INDEX listing_of_resident ON listing (resident_id, n);

CREATE TABLE score (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    rulebook    TEXT COLLATE "C" NOT NULL,
    made_at     BIGINT NOT NULL,
    doc         BYTEA NOT NULL
);
CREATE INDEX score_of_resident ON score (resident_id, made_at, n);

-- next_due is the greatest integer when no clock runs.
CREATE TABLE dispute (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    key_hash    BYTEA,
    record_id   TEXT COLLATE "C" REFERENCES record (id),
    listing_id  TEXT COLLATE "C" REFERENCES listing (id),
    agency      TEXT COLLATE "C" NOT NULL,
    code        TEXT COLLATE "C" NOT NULL,
    handler_id  TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    filed_at    BIGINT NOT NULL,
    next_due    BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    doc         BYTEA NOT NULL,
    UNIQUE (resident_id, key_hash)
);
CREATE UNIQUE INDEX dispute_one_open_a_record ON dispute (record_id) WHERE record_id IS NOT NULL AND state <> 'decided';
CREATE UNIQUE INDEX dispute_one_open_a_listing ON dispute (listing_id) WHERE listing_id IS NOT NULL AND state <> 'decided';
CREATE INDEX dispute_of_resident ON dispute (resident_id, filed_at, n);
CREATE INDEX dispute_queue ON dispute (next_due, id) WHERE state <> 'decided';
CREATE INDEX dispute_by_due ON dispute (next_due, id);
CREATE INDEX dispute_by_state ON dispute (state, next_due, id);
CREATE INDEX dispute_by_handler ON dispute (handler_id, next_due, id) WHERE handler_id <> '';
CREATE INDEX dispute_by_agency ON dispute (agency, next_due, id);

CREATE TABLE evidence (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    dispute_id  TEXT COLLATE "C" NOT NULL REFERENCES dispute (id),
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    added_at    BIGINT NOT NULL,
    doc         BYTEA NOT NULL
);
CREATE INDEX evidence_of_dispute ON evidence (dispute_id, added_at, n);

CREATE TABLE evidence_data (
    evidence_id TEXT COLLATE "C" PRIMARY KEY REFERENCES evidence (id),
    doc         BYTEA NOT NULL
);

-- seq comes from counter, in the same transaction.
CREATE TABLE look (
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    seq         BIGINT NOT NULL,
    others      BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    doc         BYTEA NOT NULL,
    PRIMARY KEY (resident_id, seq)
);
CREATE INDEX look_by_others ON look (resident_id, seq) WHERE others = 1;

CREATE TABLE event (
    audience TEXT COLLATE "C" NOT NULL,
    seq      BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (audience, seq)
);

CREATE TABLE counter (
    name TEXT COLLATE "C" PRIMARY KEY,
    seq  BIGINT NOT NULL
);

-- Finds the job that is waiting already.
CREATE INDEX casework_job_waiting ON river_job ((args ->> 'id'))
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
