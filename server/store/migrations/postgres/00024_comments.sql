-- +goose Up
-- Comments on drafts of rulebooks; n is the order in which they came. There is nothing in
-- it of who wrote them. The text is in a table of its own, which loses that of a hidden
-- comment after its time, so that it is still counted; trimmed says that it did.
CREATE TABLE draft_comment (
    n         BIGINT PRIMARY KEY,
    id        TEXT COLLATE "C" NOT NULL UNIQUE,
    rulebook  TEXT COLLATE "C" NOT NULL,
    version   TEXT COLLATE "C" NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    reason    TEXT COLLATE "C" NOT NULL,
    hidden_at BIGINT,
    trimmed   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX draft_comment_of ON draft_comment (rulebook, version, state, n);
CREATE INDEX draft_comment_state ON draft_comment (state, reason, n);
CREATE INDEX draft_comment_hidden ON draft_comment (hidden_at) WHERE hidden_at IS NOT NULL AND trimmed = 0;
CREATE TABLE draft_comment_text (
    comment_id TEXT COLLATE "C" PRIMARY KEY,
    doc        BYTEA NOT NULL
);

-- Each step of their moderation, which is only ever added to. A rotation of keys writes
-- doc anew; hash does not change with it.
CREATE TABLE comment_act (
    seq        BIGINT PRIMARY KEY,
    comment_id TEXT COLLATE "C" NOT NULL,
    hash       TEXT COLLATE "C" NOT NULL,
    doc        BYTEA NOT NULL
);
CREATE INDEX comment_act_of ON comment_act (comment_id, seq);
-- +goose StatementBegin
CREATE FUNCTION comment_act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of comments is only added to';
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER comment_act_stays BEFORE DELETE OR TRUNCATE ON comment_act EXECUTE FUNCTION comment_act_stays();
CREATE TRIGGER comment_act_same BEFORE UPDATE OF seq, comment_id, hash ON comment_act EXECUTE FUNCTION comment_act_stays();

-- Who a member of staff is as a resident: a keyed hash of their ID number.
ALTER TABLE staff_member ADD COLUMN self_hash BYTEA;

-- +goose Down
ALTER TABLE staff_member DROP COLUMN self_hash;
DROP TABLE comment_act;
DROP FUNCTION comment_act_stays;
DROP TABLE draft_comment_text;
DROP TABLE draft_comment;
