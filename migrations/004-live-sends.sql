-- What sends to living people need beyond history: the API's own identifier of a request, and which texts wait to be sent,
-- so that nobody gets the same words twice by one run.

ALTER TABLE attempt ADD COLUMN request_uuid TEXT;

ALTER TABLE message ADD COLUMN text_hash BLOB; -- of customer and text; null where texts may repeat
CREATE INDEX message_text ON message (stream, text_hash) WHERE text_hash IS NOT NULL;

-- 1: concerns its identity alone. Equal records, and messages of one record, have fates of their own then.
ALTER TABLE reject ADD COLUMN own INTEGER NOT NULL DEFAULT 0;
