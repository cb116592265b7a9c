-- +goose Up
-- What the bureau's enrolment keeps of a resident besides the name and the address, which
-- are in resident.doc: the activation code, of which there is one at most, and the letter.
-- code_hash is a keyed hash.
CREATE TABLE enrolment (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    resident_id  TEXT    NOT NULL UNIQUE REFERENCES resident (id),
    addressed    INTEGER NOT NULL,
    letter_at    INTEGER,
    activated_at INTEGER,
    code_hash    BLOB,
    code_until   INTEGER
) STRICT;
CREATE INDEX enrolment_unsent ON enrolment (n) WHERE addressed = 1 AND activated_at IS NULL AND letter_at IS NULL;
CREATE INDEX enrolment_sent ON enrolment (letter_at, n) WHERE addressed = 1 AND activated_at IS NULL;
CREATE INDEX enrolment_code ON enrolment (code_until) WHERE code_until IS NOT NULL;

-- The files of letters that were finished, by which one that was cut off is known.
CREATE TABLE letter_file (
    id      TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,
    letters INTEGER NOT NULL
) STRICT;
CREATE INDEX letter_file_by_age ON letter_file (at);

-- +goose Down
DROP TABLE letter_file;
DROP TABLE enrolment;
