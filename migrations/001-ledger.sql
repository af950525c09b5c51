-- The ledger's first schema. Times are Unix epoch milliseconds. Codes of `state` are the places of MESSAGE_STATES in
-- src/ledger/ledger.ts; codes of `reject.status` stand in src/ledger/rejects.ts.
--
-- Rows of `message` are the bulk of a ledger and outlive everything else, so they are kept small: conversations and
-- types are numbers, hashes are 16 bytes, and what people wrote stands apart in `payload`, where acceptance deletes
-- one row. What changes with every attempt refers to other tables deferred: checked at once, each statement
-- would first copy every page that it changes, to be able to undo itself.

PRAGMA application_id = 1651206252; -- 'bkhl'

CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  destination_type TEXT NOT NULL,
  base_url TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  stream INTEGER NOT NULL REFERENCES stream,
  command TEXT NOT NULL,
  status TEXT NOT NULL, -- 'running', then as in the summary; 'crashed' when a later run finds it still 'running'
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  summary TEXT
) STRICT;
CREATE INDEX run_of_stream ON run (stream);

CREATE TABLE input (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- grows with time: "seen by an earlier input" is a comparison
  run INTEGER NOT NULL REFERENCES run,
  stream INTEGER NOT NULL REFERENCES stream,
  name TEXT NOT NULL,
  size_bytes INTEGER,
  status TEXT NOT NULL,
  fingerprint TEXT, -- only while what the input became is still what the ledger holds
  records INTEGER
) STRICT;
CREATE INDEX input_fingerprint ON input (stream, fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX input_fingerprinted_name ON input (stream, name) WHERE fingerprint IS NOT NULL;

CREATE TABLE department (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  uuid TEXT NOT NULL,
  UNIQUE (stream, uuid)
) STRICT;

CREATE TABLE conversation (
  id INTEGER PRIMARY KEY,
  department INTEGER NOT NULL REFERENCES department,
  customer_uuid TEXT NOT NULL,
  UNIQUE (department, customer_uuid)
) STRICT;

CREATE TABLE message_type (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run,
  conversation INTEGER NOT NULL REFERENCES conversation,
  number INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  request_bytes INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  status INTEGER, -- HTTP
  result TEXT
) STRICT;

CREATE TABLE message (
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
  UNIQUE (stream, source_uuid)
) STRICT;
-- Pending, sending, failed, unknown: what is left to do is found without walking over what is done.
CREATE INDEX message_open ON message (stream, state) WHERE state = 0 OR state = 1 OR state = 3 OR state = 4;

CREATE TABLE payload (
  message INTEGER PRIMARY KEY REFERENCES message,
  item TEXT NOT NULL,
  record TEXT NOT NULL
) STRICT;

-- How many messages a stream holds in each state. Staging adds what it inserts, triggers follow every change.
CREATE TABLE message_tally (
  stream INTEGER NOT NULL REFERENCES stream,
  state INTEGER NOT NULL,
  messages INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (stream, state)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER message_changes_state AFTER UPDATE OF state ON message WHEN OLD.state <> NEW.state
BEGIN
  UPDATE message_tally SET messages = messages - 1 WHERE stream = OLD.stream AND state = OLD.state;
  UPDATE message_tally SET messages = messages + 1 WHERE stream = NEW.stream AND state = NEW.state;
END;

CREATE TRIGGER message_is_erased AFTER DELETE ON message
BEGIN
  UPDATE message_tally SET messages = messages - 1 WHERE stream = OLD.stream AND state = OLD.state;
END;

CREATE TABLE reject (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  status INTEGER NOT NULL,
  record_hash BLOB NOT NULL, -- of the record as it was first read
  input INTEGER NOT NULL REFERENCES input, -- where it was first read, with line, byte and place
  line INTEGER,
  byte INTEGER,
  place INTEGER NOT NULL,
  seen_input INTEGER NOT NULL REFERENCES input, -- where it was last read
  unreadable INTEGER NOT NULL,
  source_uuid TEXT,
  errors TEXT NOT NULL, -- JSON array of FieldError
  record TEXT -- the original fields, while the reject is open
) STRICT;
CREATE INDEX reject_record ON reject (stream, record_hash, status, seen_input);
CREATE INDEX reject_position ON reject (stream, line);
CREATE INDEX reject_open ON reject (stream) WHERE status = 0;

-- Records whose identity was taken by other content. `superseded`: it was the message's content until a later one
-- took its place, and is not a conflict when it comes again.
CREATE TABLE conflict (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  message INTEGER NOT NULL REFERENCES message,
  record_hash BLOB NOT NULL,
  superseded INTEGER NOT NULL,
  input INTEGER NOT NULL REFERENCES input,
  line INTEGER,
  record TEXT,
  UNIQUE (message, record_hash)
) STRICT;
CREATE INDEX conflict_open ON conflict (stream) WHERE superseded = 0;
