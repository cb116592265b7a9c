-- +goose Up
-- Every file of published law that there ever was; n is the order in which they came.
CREATE TABLE law_file (
    n       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash    TEXT COLLATE "C" NOT NULL UNIQUE,
    kind    TEXT COLLATE "C" NOT NULL,
    code    TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    zone    TEXT COLLATE "C" NOT NULL,
    from_on TEXT COLLATE "C" NOT NULL,
    draft   BIGINT NOT NULL,
    data    BYTEA NOT NULL
);

-- The hashes of the files by which the city works; there is one row.
CREATE TABLE law_set (
    id     BIGINT PRIMARY KEY CHECK (id = 1),
    hashes TEXT COLLATE "C" NOT NULL
);

-- Whose scores are made anew by a new version of a rulebook.
CREATE INDEX consent_of_rulebook ON consent (rulebook, resident_id) WHERE withdrawn_at IS NULL;

-- +goose Down
DROP INDEX consent_of_rulebook;
DROP TABLE law_set;
DROP TABLE law_file;
