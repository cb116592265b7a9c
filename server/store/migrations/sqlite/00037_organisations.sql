-- +goose Up
-- Who acts for an organisation, which is a row of resident with an id of its own kind. source
-- names the extract of the business register; proposed_by and confirmed_by are staff numbers.
CREATE TABLE representative (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES resident (id),
    resident_id     TEXT NOT NULL REFERENCES resident (id),
    source          TEXT NOT NULL,
    state           TEXT NOT NULL,
    at              INTEGER NOT NULL,
    proposed_by     TEXT NOT NULL,
    confirmed_by    TEXT NOT NULL
) STRICT;
CREATE INDEX representative_of ON representative (organisation_id, at);
CREATE INDEX representative_who ON representative (resident_id, state);

-- +goose Down
DROP TABLE representative;
