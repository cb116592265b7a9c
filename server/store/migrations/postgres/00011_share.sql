-- +goose Up
-- What residents share. The code of the link is kept as a keyed hash only; whether
-- a share can still be looked at is plain, and what it shows is not.
CREATE TABLE share (
    n            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id           TEXT COLLATE "C" NOT NULL UNIQUE,
    resident_id  TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    code_hash    BYTEA NOT NULL UNIQUE,
    rulebook     TEXT COLLATE "C" NOT NULL,
    made_at      BIGINT NOT NULL,
    ends_at      BIGINT NOT NULL,
    allowed      BIGINT NOT NULL,
    viewed       BIGINT NOT NULL CHECK (viewed <= allowed),
    revoked_at   BIGINT,
    corrected_at BIGINT,
    doc          BYTEA NOT NULL
);
CREATE INDEX share_of_resident ON share (resident_id, n);

CREATE TABLE share_view (
    n           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT COLLATE "C" NOT NULL UNIQUE,
    share_id    TEXT COLLATE "C" NOT NULL REFERENCES share (id),
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    at          BIGINT NOT NULL,
    doc         BYTEA NOT NULL
);
CREATE INDEX share_view_of_resident ON share_view (resident_id, n);

-- +goose Down
DROP TABLE share_view;
DROP TABLE share;
