-- +goose Up
-- A resident's keys, wrapped by the master key of that name; '' is the bureau.
-- wrapped is empty once they are destroyed, and nothing of the resident opens
-- any more. There is no reference to resident, whose content needs its keys first.
CREATE TABLE keyset (
    resident_id TEXT COLLATE "C" PRIMARY KEY,
    wrapped     BYTEA NOT NULL,
    master      TEXT NOT NULL
);
CREATE INDEX keyset_by_master ON keyset (master);

-- work names what the look was for, where it is the only one of that name.
ALTER TABLE look ADD COLUMN work TEXT COLLATE "C";
CREATE UNIQUE INDEX look_of_work ON look (resident_id, work) WHERE work IS NOT NULL;

-- What the work queue shows, and the agency's reference: sealed for the bureau.
ALTER TABLE dispute ADD COLUMN line BYTEA;
ALTER TABLE dispute ADD COLUMN name_hash BYTEA;
CREATE INDEX dispute_by_name ON dispute (name_hash) WHERE name_hash IS NOT NULL;
ALTER TABLE record ADD COLUMN ref BYTEA;
ALTER TABLE listing ADD COLUMN ref BYTEA;

-- +goose Down
ALTER TABLE listing DROP COLUMN ref;
ALTER TABLE record DROP COLUMN ref;
DROP INDEX dispute_by_name;
ALTER TABLE dispute DROP COLUMN name_hash;
ALTER TABLE dispute DROP COLUMN line;
DROP INDEX look_of_work;
ALTER TABLE look DROP COLUMN work;
DROP TABLE keyset;
