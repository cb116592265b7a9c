-- +goose Up
-- Staff and officers. The name is in doc; code_hash is a keyed hash of the one-time code
-- with which a member activates the login.
CREATE TABLE staff_member (
    login      TEXT COLLATE "C" PRIMARY KEY,
    code_hash  BYTEA,
    code_until BIGINT,
    doc        BYTEA NOT NULL
);

-- The register of every step about them, which is only ever added to. A rotation of keys
-- writes doc anew; hash does not change with it.
CREATE TABLE staff_entry (
    seq   BIGINT PRIMARY KEY,
    at    BIGINT NOT NULL,
    login TEXT COLLATE "C" NOT NULL,
    hash  TEXT COLLATE "C" NOT NULL,
    doc   BYTEA    NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION staff_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the staff register is only added to';
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER staff_entry_stays BEFORE DELETE OR TRUNCATE ON staff_entry EXECUTE FUNCTION staff_entry_stays();
CREATE TRIGGER staff_entry_same BEFORE UPDATE OF seq, at, login, hash ON staff_entry EXECUTE FUNCTION staff_entry_stays();

-- Changes of administrators that wait for a second one.
CREATE TABLE staff_proposal (
    n   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id  TEXT COLLATE "C" NOT NULL UNIQUE,
    doc BYTEA NOT NULL
);

CREATE TABLE staff_lock (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    n  BIGINT NOT NULL
);
INSERT INTO staff_lock (id, n) VALUES (1, 0);

-- +goose Down
DROP TABLE staff_lock;
DROP TABLE staff_proposal;
DROP TABLE staff_entry;
DROP FUNCTION staff_entry_stays;
DROP TABLE staff_member;
