-- +goose Up
-- seq comes from counter, in the same transaction. read_at is NULL until it is read.
CREATE TABLE notice (
    id          TEXT COLLATE "C" PRIMARY KEY,
    resident_id TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    seq         BIGINT NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    at          BIGINT NOT NULL,
    read_at     BIGINT,
    doc         BYTEA NOT NULL,
    UNIQUE (resident_id, seq)
);
CREATE INDEX notice_unread ON notice (resident_id) WHERE read_at IS NULL;

CREATE TABLE notice_prefs (
    resident_id TEXT COLLATE "C" PRIMARY KEY REFERENCES resident (id),
    doc         BYTEA NOT NULL
);

-- A browser has one endpoint, whoever is logged in there.
CREATE TABLE push_device (
    id            TEXT COLLATE "C" PRIMARY KEY,
    resident_id   TEXT COLLATE "C" NOT NULL REFERENCES resident (id),
    endpoint_hash BYTEA NOT NULL UNIQUE,
    session_hash  BYTEA,
    added_at      BIGINT NOT NULL,
    doc           BYTEA NOT NULL
);
CREATE INDEX push_device_of_resident ON push_device (resident_id, added_at, id);
CREATE INDEX push_device_of_session ON push_device (session_hash);

-- +goose Down
DROP TABLE push_device;
DROP TABLE notice_prefs;
DROP TABLE notice;
