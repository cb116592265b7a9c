-- +goose Up
-- Comments on drafts of rulebooks; n is the order in which they came. There is nothing in
-- it of who wrote them. The text is in a table of its own, which loses that of a hidden
-- comment after its time, so that it is still counted; trimmed says that it did.
CREATE TABLE draft_comment (
    n         INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    rulebook  TEXT NOT NULL,
    version   TEXT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    hidden_at INTEGER,
    trimmed   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX draft_comment_of ON draft_comment (rulebook, version, state, n);
CREATE INDEX draft_comment_state ON draft_comment (state, reason, n);
CREATE INDEX draft_comment_hidden ON draft_comment (hidden_at) WHERE hidden_at IS NOT NULL AND trimmed = 0;
CREATE TABLE draft_comment_text (
    comment_id TEXT PRIMARY KEY,
    doc        BLOB NOT NULL
) STRICT;

-- Each step of their moderation, which is only ever added to. A rotation of keys writes
-- doc anew; hash does not change with it.
CREATE TABLE comment_act (
    seq        INTEGER PRIMARY KEY,
    comment_id TEXT NOT NULL,
    hash       TEXT NOT NULL,
    doc        BLOB NOT NULL
) STRICT;
CREATE INDEX comment_act_of ON comment_act (comment_id, seq);
-- +goose StatementBegin
CREATE TRIGGER comment_act_stays BEFORE DELETE ON comment_act
BEGIN
    SELECT RAISE(ABORT, 'the history of comments is only added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER comment_act_same BEFORE UPDATE OF seq, comment_id, hash ON comment_act
BEGIN
    SELECT RAISE(ABORT, 'the history of comments is only added to');
END;
-- +goose StatementEnd

-- Who a member of staff is as a resident: a keyed hash of their ID number.
ALTER TABLE staff_member ADD COLUMN self_hash BLOB;

-- +goose Down
ALTER TABLE staff_member DROP COLUMN self_hash;
DROP TABLE comment_act;
DROP TABLE draft_comment_text;
DROP TABLE draft_comment;
