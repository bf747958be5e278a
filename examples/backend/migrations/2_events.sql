-- Columns are only added, and with a default: an older version of the backend goes on working beside a newer one.
ALTER TABLE payments ADD COLUMN decided_at  BIGINT;                     -- when it was paid, refunded or declined
ALTER TABLE payments ADD COLUMN looks       BIGINT NOT NULL DEFAULT 0;  -- after its time was over
ALTER TABLE payments ADD COLUMN is_resolved BIGINT NOT NULL DEFAULT 0;  -- 1 once an operator has decided it
-- Written to see whether payments can be recorded.
ALTER TABLE paynet ADD COLUMN checked_at BIGINT NOT NULL DEFAULT 0;

-- One row for each change of a payment that people and apps see.
CREATE TABLE events (
    at                 BIGINT NOT NULL,
    reference          TEXT   NOT NULL,
    kind               TEXT   NOT NULL,
    attempt            BIGINT NOT NULL,
    version            BIGINT NOT NULL,
    state              TEXT   NOT NULL,
    by_whom            TEXT   NOT NULL,             -- app, backend or operator
    reason             TEXT,
    payment_session_id TEXT,
    transaction_id     TEXT
);

CREATE INDEX events_of ON events (reference, kind);
CREATE INDEX events_at ON events (at);
CREATE INDEX payments_decided ON payments (decided_at) WHERE decided_at IS NOT NULL;
