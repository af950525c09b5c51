-- What is being sent stands with the attempt at it, in one row, and so does its outcome until it has been applied: messages lie
-- scattered over the whole file, and marking each as `sending` first wrote as much as the outcome did.

ALTER TABLE attempt ADD COLUMN message_ids TEXT; -- JSON array of ids, until the attempt has ended
ALTER TABLE attempt ADD COLUMN outcome TEXT; -- JSON, from when it is known until it is applied: src/ledger/outcomes.ts

-- What a crash has left.
UPDATE attempt SET message_ids = sending.ids
FROM (
  SELECT attempt AS id, json_group_array(message.id) AS ids FROM message
  WHERE stream IN (SELECT id FROM stream) AND state = 1 GROUP BY attempt) sending
WHERE attempt.id = sending.id;
UPDATE attempt SET ended_at_ms = started_at_ms WHERE ended_at_ms IS NULL AND message_ids IS NULL;
UPDATE message SET state = CASE ambiguous WHEN 1 THEN 4 ELSE 0 END, attempt = CASE ambiguous WHEN 1 THEN attempt END
WHERE stream IN (SELECT id FROM stream) AND state = 1;

CREATE INDEX attempt_open ON attempt (conversation) WHERE ended_at_ms IS NULL;

-- Messages that are `sending`. `message.state` is what they were before: pending (0) or unknown (4), never 1.
CREATE VIEW in_flight AS
SELECT attempt.id AS attempt, attempt.conversation, value AS message
FROM attempt, json_each(attempt.message_ids)
WHERE attempt.ended_at_ms IS NULL;

-- The end of an attempt, and nothing else, changes which one was a message's last, and keeps the tallies of all of its
-- messages at once (src/ledger/tally.ts).
DROP TRIGGER message_changes_state;
CREATE TRIGGER message_changes_state AFTER UPDATE OF state ON message
WHEN OLD.state <> NEW.state AND OLD.attempt IS NEW.attempt
BEGIN
  UPDATE message_tally SET messages = messages - 1 WHERE stream = OLD.stream AND state = OLD.state;
  UPDATE message_tally SET messages = messages + 1 WHERE stream = NEW.stream AND state = NEW.state;
END;
