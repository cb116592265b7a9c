-- +goose Up
-- That somebody opened a case that is not theirs. Why stands in the access log of its resident.
CREATE TABLE case_opening (
    n          INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id TEXT NOT NULL REFERENCES dispute (id),
    staff_id   TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX case_opening_of_case ON case_opening (dispute_id, staff_id, at);
CREATE INDEX case_opening_of_staff ON case_opening (at, staff_id);

-- +goose Down
DROP TABLE case_opening;
