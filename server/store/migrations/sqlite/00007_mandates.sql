-- +goose Up
-- helper_hash is made as resident.id_hash is: whoever is enrolled under the number
-- is found, and nobody else can be told from it. accepted is 1 from when the helper
-- first accepts.
CREATE TABLE mandate (
    id          TEXT    PRIMARY KEY,
    dispute_id  TEXT    NOT NULL REFERENCES dispute (id),
    resident_id TEXT    NOT NULL REFERENCES resident (id),
    helper_hash BLOB    NOT NULL,
    made_at     INTEGER NOT NULL,
    accepted    INTEGER NOT NULL DEFAULT 0,
    doc         BLOB    NOT NULL
) STRICT;
CREATE INDEX mandate_of_dispute ON mandate (dispute_id, made_at, id);
CREATE INDEX mandate_of_helper ON mandate (helper_hash, resident_id, made_at, id);

-- +goose Down
DROP TABLE mandate;
