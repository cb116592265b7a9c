-- +goose Up
-- That somebody opened a case that is not theirs. Why stands in the access log of its resident.
CREATE TABLE case_opening (
    n          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dispute_id TEXT COLLATE "C" NOT NULL REFERENCES dispute (id),
    staff_id   TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX case_opening_of_case ON case_opening (dispute_id, staff_id, at);
CREATE INDEX case_opening_of_staff ON case_opening (at, staff_id);

-- +goose Down
DROP TABLE case_opening;
