-- Times are microseconds since 1970 UTC, amounts whole rupiah. Inquiries, postings and exchanges are
-- appended in the order in which they happen, so that a payment costs the same whatever lies before
-- it; the one row that it writes elsewhere is its own.

CREATE TABLE partner (
    id         INTEGER PRIMARY KEY,
    username   TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    allow_list TEXT    NOT NULL, -- networks, separated by blanks
    suspended  INTEGER NOT NULL CHECK (suspended IN (0, 1)),
    min_balance      INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Newest first. Two at the most, while rotating.
CREATE TABLE partner_key (
    partner INTEGER NOT NULL REFERENCES partner (id),
    place   INTEGER NOT NULL CHECK (place IN (0, 1)),
    sealed  BLOB    NOT NULL,
    PRIMARY KEY (partner, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE product (
    code       TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL,
    family     TEXT    NOT NULL,
    fee        INTEGER NOT NULL CHECK (fee >= 0),
    commission INTEGER NOT NULL CHECK (commission >= 0),
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    hours      TEXT,
    province   TEXT,
    biller     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Beside the postings, and always derivable from them. The check is the last guard against an
-- overdraft; the domain refuses one long before.
CREATE TABLE account (
    id      INTEGER PRIMARY KEY,
    balance INTEGER NOT NULL,
    min_balance   INTEGER,
    CHECK (min_balance IS NULL OR balance >= min_balance)
) STRICT;

CREATE TABLE inquiry (
    tr_id      INTEGER PRIMARY KEY,
    partner    INTEGER NOT NULL,
    ref_id     TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    customer_no         TEXT    NOT NULL,
    customer_name    TEXT    NOT NULL,
    period     TEXT    NOT NULL,
    nominal    INTEGER NOT NULL CHECK (nominal > 0),
    sheets     INTEGER NOT NULL CHECK (sheets > 0),
    admin      INTEGER NOT NULL,
    commission INTEGER NOT NULL,
    details       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    took       INTEGER NOT NULL
) STRICT;

-- The index of the partners' own numbers, which come in any order. It is appended, a segment for
-- some ten thousand inquiries; those after the last segment are found in memory. The key is the
-- secret of its hash.
CREATE TABLE reference_key (
    key BLOB NOT NULL CHECK (length(key) = 16)
) STRICT;

INSERT INTO reference_key (key) VALUES (randomblob(16));

CREATE TABLE reference_segment (
    id      INTEGER PRIMARY KEY,
    first   INTEGER NOT NULL, -- inquiry
    through INTEGER NOT NULL  -- inquiry
) STRICT;

CREATE TABLE reference_block (
    id      INTEGER PRIMARY KEY, -- segment * 128 + first bits of the hashes
    entries BLOB    NOT NULL
) STRICT;

CREATE TABLE payment (
    tr_id        INTEGER PRIMARY KEY REFERENCES inquiry (tr_id),
    partner      INTEGER NOT NULL,
    biller       INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    begun_at     INTEGER NOT NULL,
    settled_at   INTEGER,
    balance      INTEGER NOT NULL,
    reason       INTEGER,
    receipt_no        TEXT    NOT NULL,
    details         TEXT,
    exchanges    INTEGER NOT NULL,
    asks         INTEGER NOT NULL,
    open_because TEXT,
    hold          INTEGER NOT NULL, -- movement
    settlement    INTEGER,          -- movement
    last_exchange INTEGER,
    CHECK ((settlement IS NULL) = (settled_at IS NULL)),
    -- No IN here: SQLite would build its list as a table, for every row written.
    CHECK (CASE state
        WHEN 'paying'  THEN settled_at IS NULL     AND reason IS NULL
        WHEN 'pending' THEN settled_at IS NULL     AND reason IS NULL
        WHEN 'paid'    THEN settled_at IS NOT NULL AND reason IS NULL
        WHEN 'failed'  THEN settled_at IS NOT NULL AND reason IS NOT NULL
        ELSE 0
    END)
) STRICT;

CREATE INDEX payment_open ON payment (tr_id) WHERE settled_at IS NULL;

-- What is known about a payment whose outcome is unknown or contradicted; the few that are get a row
-- when somebody first asks about them, and lose it with their end.
CREATE TABLE follow_up (
    tr_id     INTEGER PRIMARY KEY REFERENCES payment (tr_id),
    token     INTEGER NOT NULL CHECK (token >= 0), -- grows with each claim
    until     INTEGER NOT NULL,                    -- when the last claim is over
    not_found INTEGER NOT NULL,                    -- in a row
    review_reason TEXT,
    since     INTEGER,
    CHECK ((review_reason IS NULL) = (since IS NULL))
) STRICT;

-- Append-only: the key is movement * 8 + line. A movement belongs to the payment or the top-up that
-- names it. A payment has one hold and one settlement because it is one row, which is settled once.
CREATE TABLE posting (
    id      INTEGER PRIMARY KEY,
    tr_id   INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    account INTEGER NOT NULL,
    amount  INTEGER NOT NULL CHECK (amount <> 0),
    at      INTEGER NOT NULL
) STRICT;

-- Append-only; those of one payment are a chain that begins at its last_exchange.
CREATE TABLE exchange (
    id       INTEGER PRIMARY KEY,
    tr_id    INTEGER NOT NULL,
    previous INTEGER,
    call     TEXT    NOT NULL,
    asked_at INTEGER NOT NULL,
    took     INTEGER NOT NULL,
    answer   TEXT    NOT NULL
) STRICT;

CREATE TABLE deposit (
    tr_id   INTEGER PRIMARY KEY,
    partner INTEGER NOT NULL,
    amount  INTEGER NOT NULL CHECK (amount > 0),
    note     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    movement INTEGER NOT NULL
) STRICT;

CREATE INDEX top_up_partner ON deposit (partner);
