-- One row for each time that a payment was initiated. Times are milliseconds since 1970.
CREATE TABLE payments (
    reference       TEXT   NOT NULL,
    kind            TEXT   NOT NULL,                -- sale or refund
    attempt         BIGINT NOT NULL,                -- 1; another only after nothing happened
    terminal        TEXT   NOT NULL,
    amount          TEXT   NOT NULL,                -- its digits, never a float
    reversal_of     TEXT,                           -- of a refund: the transaction of the sale
    state           TEXT   NOT NULL,
    reason          TEXT,                           -- of its state, for people
    payment_session TEXT,                           -- JSON: all that a restart needs
    deeplink_url    TEXT,
    encryption_key  TEXT,                           -- a secret: decrypts what returns to a callback_url
    transaction_id  TEXT,                           -- Paynet's xact_id, once it is paid or refunded
    is_declined     BIGINT NOT NULL DEFAULT 0,      -- 1 once a card was declined
    created_at      BIGINT NOT NULL,
    due_at          BIGINT,                         -- when to look at it next; null if never
    leased_until    BIGINT NOT NULL,                -- one process has it until then
    version         BIGINT NOT NULL DEFAULT 0,      -- counts the writes
    PRIMARY KEY (reference, kind, attempt)
);

CREATE INDEX payments_due ON payments (due_at) WHERE due_at IS NOT NULL;

-- Whose payments these are: simulator, sandbox or production.
CREATE TABLE paynet (
    one         BIGINT PRIMARY KEY CHECK (one = 1),
    environment TEXT NOT NULL
);
