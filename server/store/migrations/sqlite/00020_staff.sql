-- +goose Up
-- Staff and officers. The name is in doc; code_hash is a keyed hash of the one-time code
-- with which a member activates the login.
CREATE TABLE staff_member (
    login      TEXT PRIMARY KEY,
    code_hash  BLOB,
    code_until INTEGER,
    doc        BLOB NOT NULL
) STRICT;

-- The register of every step about them, which is only ever added to. A rotation of keys
-- writes doc anew; hash does not change with it.
CREATE TABLE staff_entry (
    seq   INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    login TEXT    NOT NULL,
    hash  TEXT    NOT NULL,
    doc   BLOB    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER staff_entry_stays BEFORE DELETE ON staff_entry
BEGIN
    SELECT RAISE(ABORT, 'the staff register is only added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER staff_entry_same BEFORE UPDATE OF seq, at, login, hash ON staff_entry
BEGIN
    SELECT RAISE(ABORT, 'the staff register is only added to');
END;
-- +goose StatementEnd

-- Changes of administrators that wait for a second one.
CREATE TABLE staff_proposal (
    n   INTEGER PRIMARY KEY AUTOINCREMENT,
    id  TEXT NOT NULL UNIQUE,
    doc BLOB NOT NULL
) STRICT;

CREATE TABLE staff_lock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    n  INTEGER NOT NULL
) STRICT;
INSERT INTO staff_lock (id, n) VALUES (1, 0);

-- +goose Down
DROP TABLE staff_lock;
DROP TABLE staff_proposal;
DROP TABLE staff_entry;
DROP TABLE staff_member;
