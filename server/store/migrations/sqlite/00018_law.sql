-- +goose Up
-- Every file of published law that there ever was; n is the order in which they came.
CREATE TABLE law_file (
    n       INTEGER PRIMARY KEY,
    hash    TEXT NOT NULL UNIQUE,
    kind    TEXT NOT NULL,
    code    TEXT NOT NULL,
    version TEXT NOT NULL,
    zone    TEXT NOT NULL,
    from_on TEXT NOT NULL,
    draft   INTEGER NOT NULL,
    data    BLOB NOT NULL
) STRICT;

-- The hashes of the files by which the city works; there is one row.
CREATE TABLE law_set (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    hashes TEXT NOT NULL
) STRICT;

-- Whose scores are made anew by a new version of a rulebook.
CREATE INDEX consent_of_rulebook ON consent (rulebook, resident_id) WHERE withdrawn_at IS NULL;

-- +goose Down
DROP INDEX consent_of_rulebook;
DROP TABLE law_set;
DROP TABLE law_file;
