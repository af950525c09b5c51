-- Which message has which identity stands in a table of its own. Identities come in no order, and every row of an index that is
-- kept up to date by itself changes a page somewhere in it; rows that are entered by the hundred thousand, in
-- order, share their pages. Who enters them, and when: src/ledger/identities.ts.

CREATE TABLE identity (
  stream INTEGER NOT NULL,
  source_uuid TEXT NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (stream, source_uuid)
) STRICT, WITHOUT ROWID;
INSERT INTO identity SELECT stream, source_uuid, id FROM message ORDER BY stream, source_uuid;

-- The stream's messages up to this one stand in `identity`.
ALTER TABLE stream ADD COLUMN identified_up_to INTEGER NOT NULL DEFAULT 0;
UPDATE stream SET identified_up_to = (SELECT coalesce(max(id), 0) FROM message);

-- The same table without `UNIQUE (stream, source_uuid)`, which cannot be taken from it.
CREATE TABLE message_anew (
  id INTEGER PRIMARY KEY, -- grows in staging order, which settles equal times within a conversation
  stream INTEGER NOT NULL REFERENCES stream,
  source_uuid TEXT NOT NULL,
  conversation INTEGER NOT NULL REFERENCES conversation,
  type INTEGER REFERENCES message_type,
  sent_at_ms INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  has_payload INTEGER NOT NULL DEFAULT 1,
  ambiguous INTEGER NOT NULL DEFAULT 0, -- an attempt at it may have been taken
  resends INTEGER NOT NULL DEFAULT 0, -- later runs that sent it again by themselves and were left in the dark
  queued_by INTEGER, -- a person asked that it be sent: the run that queued it, or 0 outside a run
  content_hash BLOB NOT NULL,
  record_hash BLOB NOT NULL,
  input INTEGER NOT NULL REFERENCES input,
  line INTEGER,
  attempt INTEGER REFERENCES attempt DEFERRABLE INITIALLY DEFERRED, -- the last one
  uncertain_run INTEGER REFERENCES run DEFERRABLE INITIALLY DEFERRED, -- the last one that was left in the dark
  code TEXT,
  error TEXT,
  message_uuid TEXT,
  warnings TEXT,
  version INTEGER, -- how old the content is, by the sender's own word: Unix epoch milliseconds
  text_hash BLOB -- of customer and text; null where texts may repeat
) STRICT;
INSERT INTO message_anew SELECT * FROM message ORDER BY id;
DROP TABLE message;
ALTER TABLE message_anew RENAME TO message;

CREATE INDEX message_open ON message (stream, state) WHERE state = 0 OR state = 1 OR state = 3 OR state = 4;
CREATE INDEX message_attention ON message (stream, state, code) WHERE state = 3 OR state = 4;
CREATE INDEX message_text ON message (stream, text_hash) WHERE text_hash IS NOT NULL;

CREATE TRIGGER message_changes_state AFTER UPDATE OF state ON message
WHEN OLD.state <> NEW.state AND OLD.state <> 1 AND NEW.state <> 1
BEGIN
  UPDATE message_tally SET messages = messages - 1 WHERE stream = OLD.stream AND state = OLD.state;
  UPDATE message_tally SET messages = messages + 1 WHERE stream = NEW.stream AND state = NEW.state;
END;

CREATE TRIGGER message_is_erased AFTER DELETE ON message
BEGIN
  UPDATE message_tally SET messages = messages - 1 WHERE stream = OLD.stream AND state = OLD.state;
END;
