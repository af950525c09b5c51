-- Which of several versions of a message is kept: sources of updates say how old each is. Unix epoch milliseconds, the
-- sender's own; null where the mapping gives none.

ALTER TABLE message ADD COLUMN version INTEGER;
