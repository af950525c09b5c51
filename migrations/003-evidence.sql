-- What was reported of messages after their answers: callbacks, and message events. Codes of `kind` are the places of
-- EVIDENCE_KINDS in src/evidence/evidence.ts, codes of `effect` those of EVIDENCE_EFFECTS. Only what had an effect is
-- kept, and every report of a failure, so that none counts twice. The raw text stays in the archive.

CREATE TABLE archive (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  name TEXT NOT NULL,
  UNIQUE (stream, name)
) STRICT;

CREATE TABLE evidence (
  message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
  received_at_ms INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  effect INTEGER NOT NULL,
  archive INTEGER NOT NULL REFERENCES archive,
  line INTEGER NOT NULL,
  code TEXT, -- of failures
  error TEXT,
  PRIMARY KEY (message, received_at_ms, kind)
) STRICT, WITHOUT ROWID;
