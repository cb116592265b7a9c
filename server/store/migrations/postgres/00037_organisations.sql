-- +goose Up
-- Who acts for an organisation, which is a row of resident with an id of its own kind. source
-- names the extract of the business register; proposed_by and confirmed_by are staff numbers.
CREATE TABLE representative (
    id              TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    resident_id     TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    source          TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    proposed_by     TEXT COLLATE "C" NOT NULL,
    confirmed_by    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX representative_of ON representative (organisation_id, at);
CREATE INDEX representative_who ON representative (resident_id, state);

-- +goose Down
DROP TABLE representative;
