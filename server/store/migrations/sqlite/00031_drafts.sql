-- +goose Up
-- What somebody has typed into a form and not sent. person_hash, page_hash and form_hash are
-- keyed hashes of whose it is, and of the page and the form. resident_id is NULL where it is
-- not a resident's; subject is then the id of what the page is about, so that the draft is
-- erased with the resident whose it is.
CREATE TABLE form_draft (
    id          TEXT    PRIMARY KEY,
    resident_id TEXT    REFERENCES resident (id),
    person_hash BLOB    NOT NULL,
    page_hash   BLOB    NOT NULL,
    form_hash   BLOB    NOT NULL UNIQUE,
    subject     TEXT    NOT NULL,
    saved_at    INTEGER NOT NULL,
    doc         BLOB    NOT NULL
) STRICT;
CREATE INDEX form_draft_resident ON form_draft (resident_id);
CREATE INDEX form_draft_person ON form_draft (person_hash, saved_at);
CREATE INDEX form_draft_page ON form_draft (page_hash);
CREATE INDEX form_draft_subject ON form_draft (subject);
CREATE INDEX form_draft_by_age ON form_draft (saved_at);

-- The files of a draft. size and received are in bytes.
CREATE TABLE draft_file (
    id       TEXT    PRIMARY KEY,
    draft_id TEXT    NOT NULL REFERENCES form_draft (id),
    at       INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    size     INTEGER NOT NULL,
    received INTEGER NOT NULL,
    doc      BLOB    NOT NULL
) STRICT;
CREATE INDEX draft_file_draft ON draft_file (draft_id, at);

-- The content of a file: what has arrived of it, by the offset of its first byte, or the
-- whole at 0.
CREATE TABLE draft_data (
    file_id  TEXT    NOT NULL REFERENCES draft_file (id),
    at_byte  INTEGER NOT NULL,
    doc      BLOB    NOT NULL,
    PRIMARY KEY (file_id, at_byte)
) STRICT;

-- +goose Down
DROP TABLE draft_data;
DROP TABLE draft_file;
DROP TABLE form_draft;
