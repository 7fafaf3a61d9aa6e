-- What a payment into a deposit is known by. A partner has each once, and for ever. A lunas that does not
-- know reversals would give their numbers out again, so that this does more than to add.
ALTER TABLE deposit ADD COLUMN reference TEXT;

CREATE UNIQUE INDEX top_up_reference ON deposit (partner, reference) WHERE reference IS NOT NULL;

-- Top-ups that were booked by mistake and taken back; each once.
CREATE TABLE reversal (
    tr_id    INTEGER PRIMARY KEY,
    partner  INTEGER NOT NULL,
    deposit   INTEGER NOT NULL UNIQUE REFERENCES deposit (tr_id),
    amount   INTEGER NOT NULL CHECK (amount > 0),
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    movement INTEGER NOT NULL
) STRICT;
