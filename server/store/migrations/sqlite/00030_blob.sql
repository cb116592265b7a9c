-- +goose Up
-- A file that was moved into the store of files: its doc (data of an answer's document) is
-- empty then, and blob is the name of the object.
ALTER TABLE evidence_data ADD COLUMN blob TEXT;
ALTER TABLE export_data ADD COLUMN blob TEXT;
ALTER TABLE answer_document ADD COLUMN blob TEXT;

-- What is to be moved.
CREATE INDEX evidence_data_inside ON evidence_data (evidence_id) WHERE blob IS NULL;
CREATE INDEX export_data_inside ON export_data (export_id) WHERE blob IS NULL;
CREATE INDEX answer_document_inside ON answer_document (id) WHERE blob IS NULL;

-- Objects that no row refers to: one that is being put for a row, or one that is to be
-- deleted, with the time since when.
CREATE TABLE loose_blob (
    name    TEXT PRIMARY KEY,
    for_row TEXT UNIQUE,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX loose_blob_by_age ON loose_blob (at);

-- Whatever deletes a row or gives it other content, its object goes.
-- +goose StatementBegin
CREATE TRIGGER evidence_data_gone AFTER DELETE ON evidence_data WHEN OLD.blob IS NOT NULL
BEGIN
    INSERT INTO loose_blob (name, at) VALUES (OLD.blob, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (name) DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER evidence_data_other AFTER UPDATE OF blob ON evidence_data WHEN OLD.blob IS NOT NULL AND OLD.blob IS NOT NEW.blob
BEGIN
    INSERT INTO loose_blob (name, at) VALUES (OLD.blob, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (name) DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER export_data_gone AFTER DELETE ON export_data WHEN OLD.blob IS NOT NULL
BEGIN
    INSERT INTO loose_blob (name, at) VALUES (OLD.blob, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (name) DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER export_data_other AFTER UPDATE OF blob ON export_data WHEN OLD.blob IS NOT NULL AND OLD.blob IS NOT NEW.blob
BEGIN
    INSERT INTO loose_blob (name, at) VALUES (OLD.blob, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (name) DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER answer_document_gone AFTER DELETE ON answer_document WHEN OLD.blob IS NOT NULL
BEGIN
    INSERT INTO loose_blob (name, at) VALUES (OLD.blob, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (name) DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER answer_document_other AFTER UPDATE OF blob ON answer_document WHEN OLD.blob IS NOT NULL AND OLD.blob IS NOT NEW.blob
BEGIN
    INSERT INTO loose_blob (name, at) VALUES (OLD.blob, CAST(unixepoch('subsec') * 1000000 AS INTEGER))
    ON CONFLICT (name) DO NOTHING;
END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER evidence_data_other;
DROP TRIGGER evidence_data_gone;
DROP TRIGGER export_data_other;
DROP TRIGGER export_data_gone;
DROP TRIGGER answer_document_other;
DROP TRIGGER answer_document_gone;
DROP TABLE loose_blob;
DROP INDEX evidence_data_inside;
ALTER TABLE evidence_data DROP COLUMN blob;
DROP INDEX export_data_inside;
ALTER TABLE export_data DROP COLUMN blob;
DROP INDEX answer_document_inside;
ALTER TABLE answer_document DROP COLUMN blob;
