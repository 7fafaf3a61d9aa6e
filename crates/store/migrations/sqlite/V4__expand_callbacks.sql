-- Where partners want to be told how a payment ended that was left open; those that do not have no row.
CREATE TABLE partner_callback (
    partner INTEGER PRIMARY KEY REFERENCES partner (id),
    url     TEXT NOT NULL
) STRICT;

-- What they are told; the few payments whose end a partner has not heard have a row.
CREATE TABLE callback (
    tr_id    INTEGER PRIMARY KEY REFERENCES payment (tr_id),
    partner  INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    standing TEXT    NOT NULL CHECK (standing IN ('waiting', 'delivered', 'given-up')),
    at       INTEGER NOT NULL, -- when it is sent next or, once it is over, when that was known
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    answer   TEXT
) STRICT;

CREATE INDEX callback_waiting ON callback (partner, at) WHERE standing = 'waiting';
