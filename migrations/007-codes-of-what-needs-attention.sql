-- `status` counts failed (3) and unknown (4) messages by their codes: found here without reading their rows, which lie
-- scattered over the whole file.

CREATE INDEX message_attention ON message (stream, state, code) WHERE state = 3 OR state = 4;
