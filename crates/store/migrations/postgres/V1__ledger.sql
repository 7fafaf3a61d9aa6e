-- Times are microseconds since 1970 UTC, amounts whole rupiah. Whatever belongs to a transaction is
-- keyed by its partner first, so that a database that is split by key keeps a partner's rows in one
-- place. Texts that are keys compare by their bytes.

-- Numbers that are given out: transactions in blocks, partners and nodes one by one. The directory's
-- is the version of partners and products, which whoever keeps a copy of them compares.
CREATE TABLE counter (
    name  text   PRIMARY KEY,
    value bigint NOT NULL
);

INSERT INTO counter (name, value)
VALUES ('tr_id', 10000001), ('partner', 1), ('node', 1), ('directory', 1);

-- A process that writes, with the number of its last batch: whether a batch whose COMMIT was not
-- answered is in the database is read here.
CREATE TABLE node (
    id    bigint PRIMARY KEY,
    batch bigint NOT NULL,
    seen  timestamptz NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE partner (
    id         bigint PRIMARY KEY,
    username   text COLLATE "C" NOT NULL UNIQUE,
    name       text NOT NULL,
    allow_list text NOT NULL, -- networks, separated by blanks
    suspended  boolean NOT NULL,
    min_balance      bigint NOT NULL,
    created_at bigint NOT NULL
);

-- Newest first. Two at the most, while rotating.
CREATE TABLE partner_key (
    partner bigint  NOT NULL,
    place   integer NOT NULL CHECK (place IN (0, 1)),
    sealed  bytea   NOT NULL,
    PRIMARY KEY (partner, place)
);

CREATE TABLE product (
    code       text COLLATE "C" PRIMARY KEY,
    name       text   NOT NULL,
    family     text   NOT NULL,
    fee        bigint NOT NULL CHECK (fee >= 0),
    commission bigint NOT NULL CHECK (commission >= 0),
    active     boolean NOT NULL,
    hours      text,
    province   text,
    biller     bigint NOT NULL
);

-- The balances of a partner, and what its transactions moved in lunas' own accounts, beside the
-- movements and always derivable from them. This row is the lock of all that belongs to the partner.
-- The checks are the last guard against an overdraft; the domain refuses one long before. A page has
-- room for many versions of few rows, as each batch of the partner makes one.
CREATE TABLE partner_balance (
    partner    bigint PRIMARY KEY,
    available  bigint NOT NULL DEFAULT 0,
    held       bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    min_balance      bigint NOT NULL,
    bank       bigint NOT NULL DEFAULT 0,
    fee        bigint NOT NULL DEFAULT 0,
    commission bigint NOT NULL DEFAULT 0,
    CHECK (available >= min_balance)
) WITH (fillfactor = 30);

-- What was paid through a biller for a partner.
CREATE TABLE float_account (
    partner bigint NOT NULL,
    biller  bigint NOT NULL,
    balance bigint NOT NULL,
    PRIMARY KEY (partner, biller)
) WITH (fillfactor = 30);

CREATE TABLE inquiry (
    partner    bigint  NOT NULL,
    tr_id      bigint  NOT NULL,
    ref_id     text COLLATE "C" NOT NULL,
    code       text COLLATE "C" NOT NULL,
    customer_no         text COLLATE "C" NOT NULL,
    customer_name    text    NOT NULL,
    period     text COLLATE "C" NOT NULL,
    nominal    bigint  NOT NULL CHECK (nominal > 0),
    sheets     bigint  NOT NULL CHECK (sheets > 0),
    admin      bigint  NOT NULL,
    commission bigint  NOT NULL,
    details    text    NOT NULL,
    at         bigint  NOT NULL,
    took       bigint  NOT NULL,
    PRIMARY KEY (partner, tr_id),
    CONSTRAINT inquiry_reference UNIQUE (partner, ref_id)
);

-- A payment has one hold and one settlement because it is one row, which is settled once. None of its
-- columns but the key is indexed, so that its settlement is written beside it.
CREATE TABLE payment (
    partner      bigint NOT NULL,
    tr_id        bigint NOT NULL,
    biller       bigint NOT NULL,
    state        text   NOT NULL,
    begun_at     bigint NOT NULL,
    settled_at   bigint,
    balance      bigint NOT NULL,
    reason       bigint,
    receipt_no        text   NOT NULL,
    details      text,
    exchanges    bigint NOT NULL,
    asks         bigint NOT NULL,
    open_because text,
    PRIMARY KEY (partner, tr_id),
    CHECK (CASE state
        WHEN 'paying'  THEN settled_at IS NULL     AND reason IS NULL
        WHEN 'pending' THEN settled_at IS NULL     AND reason IS NULL
        WHEN 'paid'    THEN settled_at IS NOT NULL AND reason IS NULL
        WHEN 'failed'  THEN settled_at IS NOT NULL AND reason IS NOT NULL
        ELSE false
    END)
) WITH (fillfactor = 50);

-- The payments without an outcome. Those that must be the only one of their bill name it, and the
-- index lets no second one in, whichever node begins it.
CREATE TABLE open_payment (
    partner bigint NOT NULL,
    tr_id   bigint NOT NULL,
    customer_no      text COLLATE "C",
    code    text COLLATE "C",
    period  text COLLATE "C",
    PRIMARY KEY (partner, tr_id),
    CONSTRAINT one_payment_a_bill UNIQUE (customer_no, code, period)
);

-- What is known about a payment whose outcome is unknown or contradicted; the few that are get a row
-- when somebody first asks about them, and lose it with their end.
CREATE TABLE follow_up (
    partner   bigint NOT NULL,
    tr_id     bigint NOT NULL,
    token     bigint NOT NULL CHECK (token >= 0), -- grows with each claim
    until     bigint NOT NULL,                    -- when the last claim is over
    not_found bigint NOT NULL,                    -- in a row
    review_reason text,
    since     bigint,
    PRIMARY KEY (partner, tr_id),
    CHECK ((review_reason IS NULL) = (since IS NULL))
);

-- Append-only: one movement of money, with an amount for each of its accounts. The key lets a
-- transaction have each step once: no second hold, no second post, no post beside a void.
CREATE TABLE movement (
    partner  bigint   NOT NULL,
    tr_id    bigint   NOT NULL,
    step     bigint   NOT NULL CHECK (step IN (1, 2)),
    kind     text     NOT NULL,
    at       bigint   NOT NULL,
    accounts bigint[] NOT NULL,
    amounts  bigint[] NOT NULL,
    PRIMARY KEY (partner, tr_id, step),
    CHECK (cardinality(accounts) = cardinality(amounts))
);

-- Append-only; those of one payment are counted from one.
CREATE TABLE exchange (
    partner  bigint NOT NULL,
    tr_id    bigint NOT NULL,
    number   bigint NOT NULL,
    call     text   NOT NULL,
    asked_at bigint NOT NULL,
    took     bigint NOT NULL,
    answer   text   NOT NULL,
    PRIMARY KEY (partner, tr_id, number)
);

CREATE TABLE deposit (
    partner bigint NOT NULL,
    tr_id   bigint NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    note    text   NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (partner, tr_id)
);
