-- Messages enter and leave `sending` (1) by the batch. The statements that move them keep the tallies of a batch at once
-- (src/ledger/tally.ts); a trigger would do it message by message, which took longer than sending did.

DROP TRIGGER message_changes_state;
CREATE TRIGGER message_changes_state AFTER UPDATE OF state ON message
WHEN OLD.state <> NEW.state AND OLD.state <> 1 AND NEW.state <> 1
BEGIN
  UPDATE message_tally SET messages = messages - 1 WHERE stream = OLD.stream AND state = OLD.state;
  UPDATE message_tally SET messages = messages + 1 WHERE stream = NEW.stream AND state = NEW.state;
END;
