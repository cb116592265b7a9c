-- +goose Up
-- What agencies submit: a batch is known by the agency and a keyed hash of its id.
CREATE TABLE batch (
    agency   TEXT COLLATE "C" NOT NULL,
    id_hash  BYTEA NOT NULL,
    at       BIGINT NOT NULL,
    doc      BYTEA NOT NULL,
    PRIMARY KEY (agency, id_hash)
);

-- The secrets are derived, so that there is none to keep.
CREATE TABLE agency_key (
    id         TEXT COLLATE "C" PRIMARY KEY,
    agency     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE answer_document (
    id          TEXT COLLATE "C" PRIMARY KEY,
    dispute_id  TEXT COLLATE "C" NOT NULL REFERENCES dispute (id),
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    doc         BYTEA NOT NULL,
    data        BYTEA NOT NULL
);
CREATE INDEX answer_document_of_dispute ON answer_document (dispute_id);

CREATE INDEX record_by_ref ON record (agency, ref_hash);
CREATE INDEX listing_by_ref ON listing (agency, ref_hash);
CREATE INDEX record_by_agency ON record (agency, n);
CREATE INDEX listing_by_agency ON listing (agency, n);

-- +goose Down
DROP INDEX listing_by_agency;
DROP INDEX record_by_agency;
DROP INDEX listing_by_ref;
DROP INDEX record_by_ref;
DROP TABLE answer_document;
DROP TABLE agency_key;
DROP TABLE batch;
