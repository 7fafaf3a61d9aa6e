-- What a payment into a deposit is known by. A partner has each once, and for ever. A lunas that does not
-- know reversals cannot read their movements, so that this does more than to add.
ALTER TABLE deposit ADD COLUMN reference text COLLATE "C";

CREATE UNIQUE INDEX top_up_reference ON deposit (partner, reference) WHERE reference IS NOT NULL;

-- Top-ups that were booked by mistake and taken back; each once.
CREATE TABLE reversal (
    partner bigint NOT NULL,
    tr_id   bigint NOT NULL,
    deposit  bigint NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    reason  text   NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (partner, tr_id),
    CONSTRAINT one_reversal_a_top_up UNIQUE (partner, deposit)
);
