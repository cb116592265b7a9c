-- +goose Up
-- What residents report: that they were refused something, or that a list was used that
-- nobody has published. What is not sealed names nobody.
CREATE TABLE complaint (
    id          TEXT COLLATE "C" PRIMARY KEY,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    kind        TEXT COLLATE "C" NOT NULL,
    place       TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    filed_at    BIGINT NOT NULL,
    due         BIGINT NOT NULL,
    late        BIGINT NOT NULL,
    unlawful    BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    doc         BYTEA NOT NULL
);
CREATE INDEX complaint_of_resident ON complaint (resident_id, filed_at, id);
CREATE INDEX complaint_waiting ON complaint (due, id) WHERE state = 'filed';
CREATE INDEX complaint_sums ON complaint (kind, state, late, unlawful);

-- +goose Down
DROP TABLE complaint;
