-- +goose Up
-- Why somebody looked: one inquiry about one line of the access log. The staff number
-- and the agency are of who looked.
CREATE TABLE inquiry (
    id          TEXT COLLATE "C" PRIMARY KEY,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    seq         BIGINT NOT NULL,
    staff_id    TEXT COLLATE "C" NOT NULL,
    agency      TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    asked_at    BIGINT NOT NULL,
    due         BIGINT NOT NULL,
    late        BIGINT NOT NULL,
    unexplained BIGINT NOT NULL,
    unfounded   BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    doc         BYTEA NOT NULL,
    UNIQUE (resident_id, seq)
);
CREATE INDEX inquiry_waiting ON inquiry (due, id) WHERE state <> 'answered';
CREATE INDEX inquiry_of_staff ON inquiry (staff_id, due, id) WHERE state = 'asked';
CREATE INDEX inquiry_of_agency ON inquiry (agency, unexplained, unfounded) WHERE agency <> '';

-- +goose Down
DROP TABLE inquiry;
