-- +goose Up
-- Each look has a leaf in the tree of the access log. commitment is a keyed hash of
-- the look, its data; both are NULL only within the transaction that writes them,
-- and in rows from before there was a tree, which get theirs at the next opening.
ALTER TABLE look ADD COLUMN commitment BYTEA, ADD COLUMN leaf BIGINT;
CREATE UNIQUE INDEX look_by_leaf ON look (leaf);

-- The hashes of the tree, by tlog's index of stored hashes.
CREATE TABLE tree_hash (
    id   BIGINT PRIMARY KEY,
    hash BYTEA NOT NULL
);

CREATE TABLE tree_head (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL
);
INSERT INTO tree_head (id, size) VALUES (1, 0);

-- The last state of the tree that each witness, by its public key, has cosigned.
CREATE TABLE cosigned (
    witness TEXT COLLATE "C" PRIMARY KEY,
    size    BIGINT NOT NULL,
    note    TEXT NOT NULL
);

-- +goose Down
DROP TABLE cosigned;
DROP TABLE tree_head;
DROP TABLE tree_hash;
DROP INDEX look_by_leaf;
ALTER TABLE look DROP COLUMN leaf, DROP COLUMN commitment;
