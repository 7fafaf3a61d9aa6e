-- Times are microseconds since 1970 UTC, amounts whole rupiah. Inquiries, movements and exchanges are
-- appended in the order in which they happen, so that the cost of a payment does not grow with the
-- number of rows. Only the payment's own row is updated in place.

CREATE TABLE partner (
    id          INTEGER PRIMARY KEY,
    username    TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    allow_list  TEXT    NOT NULL, -- networks, separated by blanks
    suspended   INTEGER NOT NULL CHECK (suspended IN (0, 1)),
    min_balance INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

-- Newest first. At most two, while a key is rotated.
CREATE TABLE partner_key (
    partner INTEGER NOT NULL REFERENCES partner (id),
    place   INTEGER NOT NULL CHECK (place IN (0, 1)),
    sealed  BLOB    NOT NULL,
    PRIMARY KEY (partner, place)
) STRICT, WITHOUT ROWID;

-- How users of a partner sign in to the portal. A partner that never does has no row.
CREATE TABLE partner_sign_in (
    partner   INTEGER PRIMARY KEY REFERENCES partner (id),
    password  TEXT,             -- a PHC string; without it nobody can sign in
    totp      BLOB,             -- the sealed secret of one-time codes, if they are required
    totp_used INTEGER NOT NULL, -- the last time step whose code was accepted
    sessions  INTEGER NOT NULL CHECK (sessions > 0) -- the generation of its sessions; it only grows
) STRICT;

-- The address for the callbacks of a partner. A partner without one has no row.
CREATE TABLE partner_callback (
    partner INTEGER PRIMARY KEY REFERENCES partner (id),
    url     TEXT NOT NULL
) STRICT;

CREATE TABLE product (
    code       TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL,
    family     TEXT    NOT NULL,
    fee        INTEGER NOT NULL CHECK (fee >= 0),
    commission INTEGER NOT NULL CHECK (commission >= 0),
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    hours      TEXT,
    province   TEXT,
    fee_of_biller INTEGER NOT NULL CHECK (fee_of_biller IN (0, 1)),
    below_cost    INTEGER NOT NULL CHECK (below_cost IN (0, 1)),
    failover_payments INTEGER NOT NULL CHECK (failover_payments IN (0, 1))
) STRICT, WITHOUT ROWID;

-- The billers that are asked for a product, in the order of their places.
CREATE TABLE route (
    product TEXT    NOT NULL REFERENCES product (code),
    place   INTEGER NOT NULL CHECK (place >= 0),
    biller  INTEGER NOT NULL,
    code    TEXT,    -- the product's code there, if it is not the same
    active  INTEGER NOT NULL CHECK (active IN (0, 1)),
    hours   TEXT,
    PRIMARY KEY (product, place),
    UNIQUE (product, biller)
) STRICT, WITHOUT ROWID;

-- Billers on a network, as an operator set them up. They are never deleted: payments name them.
CREATE TABLE biller (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    kind           TEXT    NOT NULL,
    url            TEXT    NOT NULL,
    prepaid_url    TEXT,
    username       TEXT    NOT NULL,
    api_key        BLOB    NOT NULL, -- sealed
    webhook_secret BLOB,             -- sealed
    testing        INTEGER NOT NULL CHECK (testing IN (0, 1)),
    deadline       INTEGER NOT NULL CHECK (deadline > 0), -- in milliseconds
    concurrency    INTEGER NOT NULL CHECK (concurrency > 0),
    paused         INTEGER NOT NULL CHECK (paused IN (0, 1)),
    created_at     INTEGER NOT NULL,
    account_since  INTEGER NOT NULL
) STRICT;

-- What each biller told as lunas's balance there, beside what it had taken by the books, and what it may have
-- taken beyond that for payments in process. Append-only, also for REPLACE.
CREATE TABLE biller_balance (
    id         INTEGER PRIMARY KEY,
    biller     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    balance    INTEGER NOT NULL,
    taken      INTEGER NOT NULL,
    in_process INTEGER NOT NULL CHECK (in_process >= 0)
) STRICT;

CREATE INDEX biller_balance_biller ON biller_balance (biller);

CREATE TRIGGER biller_balance_is_not_updated BEFORE UPDATE ON biller_balance
BEGIN SELECT RAISE(ABORT, 'the balances at billers are append-only'); END;

CREATE TRIGGER biller_balance_is_not_deleted BEFORE DELETE ON biller_balance
BEGIN SELECT RAISE(ABORT, 'the balances at billers are append-only'); END;

CREATE TRIGGER biller_balance_is_not_replaced BEFORE INSERT ON biller_balance
WHEN NEW.id IN (SELECT id FROM biller_balance)
BEGIN SELECT RAISE(ABORT, 'the balances at billers are append-only'); END;

-- The balance of each account. It can always be computed again from the movements. The CHECK is the last
-- guard against an overdraft; the domain refuses one before.
CREATE TABLE account (
    id          INTEGER PRIMARY KEY,
    balance     INTEGER NOT NULL,
    min_balance INTEGER,
    CHECK (min_balance IS NULL OR balance >= min_balance)
) STRICT;

CREATE TABLE inquiry (
    tr_id         INTEGER PRIMARY KEY,
    partner       INTEGER NOT NULL,
    ref_id        TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    customer_no   TEXT    NOT NULL,
    customer_name TEXT    NOT NULL,
    period        TEXT    NOT NULL,
    nominal       INTEGER NOT NULL CHECK (nominal > 0),
    sheets        INTEGER NOT NULL CHECK (sheets > 0),
    admin         INTEGER NOT NULL,
    commission    INTEGER NOT NULL,
    details       TEXT    NOT NULL,
    at            INTEGER NOT NULL,
    took          INTEGER NOT NULL,
    -- For the receipt: the product as it was at the inquiry.
    family        INTEGER NOT NULL, -- its number
    product       TEXT    NOT NULL, -- its name
    -- Who answered and is to be paid, under which handle of its own, what it said that it takes, the product's
    -- code there if it is not the same, and lunas's reference there.
    biller           INTEGER NOT NULL,
    biller_reference TEXT,
    cost             INTEGER CHECK (cost > 0),
    biller_code      TEXT,
    reference        TEXT,
    extra            TEXT, -- what the inquiry had beside the customer's number, such as month=2
    passed_over      TEXT  -- the billers before this one in the product's routes, each with its reason
) STRICT;

-- A reference belongs to one inquiry of its biller for ever, so that a report about it finds that inquiry.
-- Those of one process begin alike, so that new ones are close together in the index.
CREATE UNIQUE INDEX inquiry_at_biller ON inquiry (biller, reference) WHERE reference IS NOT NULL;

-- The index of the partners' ref_ids, which arrive in any order. It is append-only: one segment for about
-- 32,000 inquiries; a ref_id after the last segment is looked up in memory. The key is the secret of the
-- hash.
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
    tr_id         INTEGER PRIMARY KEY REFERENCES inquiry (tr_id),
    partner       INTEGER NOT NULL,
    biller        INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    begun_at      INTEGER NOT NULL,
    settled_at    INTEGER,
    balance       INTEGER NOT NULL,
    reason        TEXT,
    receipt_no    TEXT    NOT NULL,
    details       TEXT,
    exchanges     INTEGER NOT NULL,
    asks          INTEGER NOT NULL,
    open_because  TEXT,
    hold          INTEGER NOT NULL, -- movement
    settlement    INTEGER,          -- movement
    last_exchange INTEGER,
    attempt       INTEGER NOT NULL DEFAULT 1, -- the number of the current one
    CHECK ((settlement IS NULL) = (settled_at IS NULL)),
    -- No IN here: SQLite would build its list as a table, for every row written.
    CHECK (CASE state
        WHEN 'paying'  THEN settled_at IS NULL -- the reason is that of a failed attempt
        WHEN 'pending' THEN settled_at IS NULL     AND reason IS NULL
        WHEN 'paid'    THEN settled_at IS NOT NULL AND reason IS NULL
        WHEN 'failed'  THEN settled_at IS NOT NULL AND reason IS NOT NULL
        ELSE 0
    END)
) STRICT;

CREATE INDEX payment_open ON payment (tr_id) WHERE settled_at IS NULL;

-- The attempts of a payment after its first one, which is at the biller of its inquiry. Each began because the one
-- before it certainly failed. Append-only, also for REPLACE.
CREATE TABLE attempt (
    tr_id            INTEGER NOT NULL REFERENCES payment (tr_id),
    number           INTEGER NOT NULL CHECK (number > 1),
    biller           INTEGER NOT NULL,
    biller_code      TEXT,
    reference        TEXT,
    biller_reference TEXT,
    cost             INTEGER CHECK (cost > 0),
    begun_at         INTEGER NOT NULL,
    after            TEXT    NOT NULL, -- why the attempt before it failed
    PRIMARY KEY (tr_id, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX attempt_at_biller ON attempt (biller, reference) WHERE reference IS NOT NULL;

CREATE TRIGGER attempt_is_not_updated BEFORE UPDATE ON attempt
BEGIN SELECT RAISE(ABORT, 'the attempts are append-only'); END;

CREATE TRIGGER attempt_is_not_deleted BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'the attempts are append-only'); END;

CREATE TRIGGER attempt_is_not_replaced BEFORE INSERT ON attempt
WHEN EXISTS (SELECT 1 FROM attempt WHERE tr_id = NEW.tr_id AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the attempts are append-only'); END;

-- What is known about a payment whose outcome is unknown or contradicted. The row is made with the first
-- status query and deleted when the payment ends.
CREATE TABLE follow_up (
    tr_id         INTEGER PRIMARY KEY REFERENCES payment (tr_id),
    token         INTEGER NOT NULL CHECK (token >= 0), -- grows with each claim
    until         INTEGER NOT NULL,                    -- when the last claim ends
    not_found     INTEGER NOT NULL,                    -- consecutive answers "not found"
    review_reason TEXT,
    since         INTEGER,
    CHECK ((review_reason IS NULL) = (since IS NULL))
) STRICT;

-- Append-only: one movement of money, with an amount for each kind of account. The sum is zero. A movement
-- belongs to the payment, deposit or reversal that names it. A payment has one hold and one settlement because
-- it is one row, which is settled once.
CREATE TABLE movement (
    id         INTEGER PRIMARY KEY,
    tr_id      INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    partner    INTEGER NOT NULL,
    bank       INTEGER NOT NULL,
    adjustment INTEGER NOT NULL,
    available  INTEGER NOT NULL, -- of the partner
    held       INTEGER NOT NULL, -- of the partner
    fee        INTEGER NOT NULL,
    commission INTEGER NOT NULL,
    margin     INTEGER NOT NULL,
    biller     INTEGER,
    cost       INTEGER,          -- of the biller
    CHECK ((biller IS NULL) = (cost IS NULL)),
    CHECK (bank + adjustment + available + held + fee + commission + margin + coalesce(cost, 0) = 0)
) STRICT;

-- The movements as double-entry postings, for reports by any SQL tool: one row for each account of a movement
-- that is not zero.
CREATE VIEW posting AS
SELECT id AS movement, tr_id, kind, at, 'bank' AS account, bank AS amount FROM movement WHERE bank <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'adjustment' AS account, adjustment AS amount FROM movement WHERE adjustment <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'available/' || partner AS account, available AS amount FROM movement WHERE available <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'held/' || partner AS account, held AS amount FROM movement WHERE held <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'biller/' || biller AS account, cost AS amount FROM movement WHERE cost <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'fee' AS account, fee AS amount FROM movement WHERE fee <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'commission' AS account, commission AS amount FROM movement WHERE commission <> 0
UNION ALL
SELECT id AS movement, tr_id, kind, at, 'margin' AS account, margin AS amount FROM movement WHERE margin <> 0;

-- Append-only: the exchanges of one payment are a chain that begins at its last_exchange.
CREATE TABLE exchange (
    id       INTEGER PRIMARY KEY,
    tr_id    INTEGER NOT NULL,
    previous INTEGER,
    call     TEXT    NOT NULL,
    asked_at INTEGER NOT NULL,
    took     INTEGER NOT NULL,
    answer   TEXT    NOT NULL,
    attempt  INTEGER NOT NULL, -- the number of the one that it is about
    biller   INTEGER           -- if it is not that of the attempt
) STRICT;

-- The calls to billers of an inquiry, in order: the last one gave the bill, those before it did not. If there was
-- one call without evidence, it is not here: its time is that of the inquiry.
CREATE TABLE inquiry_exchange (
    id          INTEGER PRIMARY KEY, -- tr_id * 256 + its number in the inquiry, from 1
    biller      INTEGER,             -- if it did not give the bill
    asked_at    INTEGER NOT NULL,
    took        INTEGER NOT NULL,
    answer      TEXT    NOT NULL,
    sent        TEXT,                -- as in evidence
    http_status INTEGER,
    received    TEXT
) STRICT;

-- What was sent and received in an exchange over a network. It has personal data, but no key and no signature.
CREATE TABLE evidence (
    exchange    INTEGER PRIMARY KEY,
    sent        TEXT NOT NULL,
    http_status INTEGER,
    received    TEXT NOT NULL
) STRICT;

-- A partner uses each reference for one deposit only. References are compared without case.
CREATE TABLE deposit (
    tr_id     INTEGER PRIMARY KEY,
    partner   INTEGER NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount > 0),
    note      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    movement  INTEGER NOT NULL,
    reference TEXT
) STRICT;

CREATE INDEX deposit_partner ON deposit (partner);

CREATE UNIQUE INDEX deposit_reference ON deposit (partner, upper(reference)) WHERE reference IS NOT NULL;

-- A deposit that was booked by mistake is reversed, at most once.
CREATE TABLE reversal (
    tr_id    INTEGER PRIMARY KEY,
    partner  INTEGER NOT NULL,
    deposit  INTEGER NOT NULL UNIQUE REFERENCES deposit (tr_id),
    amount   INTEGER NOT NULL CHECK (amount > 0),
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    movement INTEGER NOT NULL
) STRICT;

-- A withdrawal or an adjustment. A partner uses each reference for one withdrawal only, compared without case.
CREATE TABLE balance_change (
    tr_id     INTEGER PRIMARY KEY,
    partner   INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount <> 0), -- what it adds to the balance
    reason    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    movement  INTEGER NOT NULL,
    reference TEXT,
    CHECK (CASE kind WHEN 'withdrawal' THEN amount < 0 WHEN 'adjustment' THEN reference IS NULL ELSE 0 END)
) STRICT;

CREATE UNIQUE INDEX withdrawal_reference ON balance_change (partner, upper(reference))
WHERE reference IS NOT NULL;

-- The callback of a payment whose final result the partner did not get in an answer.
CREATE TABLE callback (
    tr_id    INTEGER PRIMARY KEY REFERENCES payment (tr_id),
    partner  INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'given-up')),
    at       INTEGER NOT NULL, -- of the next attempt or, once delivered or given up, of that
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    answer   TEXT
) STRICT;

CREATE INDEX callback_waiting ON callback (partner, at) WHERE state = 'waiting';

-- The log of actions: who changed what. Append-only, also for REPLACE, which deletes without a trigger.
CREATE TABLE action (
    id         INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    name       TEXT    NOT NULL, -- such as partner.suspend
    subject    TEXT    NOT NULL,
    before     TEXT,             -- a JSON object
    after      TEXT    NOT NULL  -- a JSON object
) STRICT;

CREATE TRIGGER action_is_not_updated BEFORE UPDATE ON action
BEGIN SELECT RAISE(ABORT, 'the log of actions is append-only'); END;

CREATE TRIGGER action_is_not_deleted BEFORE DELETE ON action
BEGIN SELECT RAISE(ABORT, 'the log of actions is append-only'); END;

CREATE TRIGGER action_is_not_replaced BEFORE INSERT ON action
WHEN NEW.id IN (SELECT id FROM action)
BEGIN SELECT RAISE(ABORT, 'the log of actions is append-only'); END;

-- Where these books are moved to: at most one row. Books that are being moved are served nowhere until all
-- of them are there.
CREATE TABLE store_migration (
    id    TEXT NOT NULL, -- of the move, the same in both databases
    state TEXT NOT NULL CHECK (state IN ('leaving', 'left')),
    other TEXT NOT NULL  -- the target, without its secrets
) STRICT;

-- What these books are for: one row. The process that creates the books sets it.
CREATE TABLE purpose (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT    NOT NULL CHECK (name IN ('production', 'sandbox'))
) STRICT;

INSERT INTO purpose (id, name) VALUES (1, 'production');
