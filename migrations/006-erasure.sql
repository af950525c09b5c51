-- What `ledger purge` needs to erase people, and to keep them from coming back with the next export.

-- Who was erased, as HMAC-SHA256 of the customerUuid under a random key that no other ledger has: nobody is named, and
-- what one ledger remembers says nothing beside another.
CREATE TABLE erasure_key (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB NOT NULL
) STRICT;

CREATE TABLE erased_customer (
  hash BLOB PRIMARY KEY,
  erased_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Files that `export -o` wrote: absolute paths, and what tells whether somebody has changed them since; null while one is
-- being written.
CREATE TABLE export_file (
  path TEXT PRIMARY KEY,
  size_bytes INTEGER,
  modified_at_ms REAL
) STRICT, WITHOUT ROWID;

-- Whose records they are, as far as the mapping could tell.
ALTER TABLE reject ADD COLUMN customer_uuid TEXT;
ALTER TABLE conflict ADD COLUMN customer_uuid TEXT;
