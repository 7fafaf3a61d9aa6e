-- Where partners want to be told how a payment ended that was left open; those that do not have no row.
CREATE TABLE partner_callback (
    partner bigint PRIMARY KEY,
    url     text NOT NULL
);

-- What they are told; the few payments whose end a partner has not heard have a row.
CREATE TABLE callback (
    partner  bigint NOT NULL,
    tr_id    bigint NOT NULL,
    since    bigint NOT NULL,
    standing text   NOT NULL CHECK (standing IN ('waiting', 'delivered', 'given-up')),
    at       bigint NOT NULL, -- when it is sent next or, once it is over, when that was known
    attempts bigint NOT NULL CHECK (attempts >= 0),
    answer   text,
    PRIMARY KEY (partner, tr_id)
);

CREATE INDEX callback_waiting ON callback (partner, at) WHERE standing = 'waiting';
