-- +goose Up
-- What agencies submit: a batch is known by the agency and a keyed hash of its id.
CREATE TABLE batch (
    agency   TEXT    NOT NULL,
    id_hash  BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    doc      BLOB    NOT NULL,
    PRIMARY KEY (agency, id_hash)
) STRICT;

-- The secrets are derived, so that there is none to keep.
CREATE TABLE agency_key (
    id         TEXT    PRIMARY KEY,
    agency     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE answer_document (
    id          TEXT PRIMARY KEY,
    dispute_id  TEXT NOT NULL REFERENCES dispute (id),
    resident_id TEXT NOT NULL REFERENCES resident (id),
    doc         BLOB NOT NULL,
    data        BLOB NOT NULL
) STRICT;
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
