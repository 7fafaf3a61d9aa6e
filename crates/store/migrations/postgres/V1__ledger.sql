-- Times are microseconds since 1970 UTC, amounts whole rupiah. The key of a transaction's rows begins with
-- its partner, so that a database that is split by key keeps a partner's rows in one place. Texts that are
-- keys compare by their bytes.

-- The next numbers: transactions take them in blocks, partners and nodes one by one. `directory` is the
-- version of partners, products and billers, which a process compares with that of its copy.
CREATE TABLE counter (
    name  text   PRIMARY KEY,
    value bigint NOT NULL
);

INSERT INTO counter (name, value)
VALUES ('tr_id', 10000001), ('partner', 1), ('node', 1), ('directory', 1);

-- A process that writes, with the number of its last batch. If the server did not answer the COMMIT of a
-- batch, this row tells whether the batch is in the database.
CREATE TABLE node (
    id    bigint PRIMARY KEY,
    batch bigint NOT NULL,
    seen  timestamptz NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE partner (
    id          bigint PRIMARY KEY,
    username    text COLLATE "C" NOT NULL UNIQUE,
    name        text NOT NULL,
    allow_list  text NOT NULL, -- networks, separated by blanks
    suspended   boolean NOT NULL,
    min_balance bigint NOT NULL,
    created_at  bigint NOT NULL
);

-- Newest first. At most two, while a key is rotated.
CREATE TABLE partner_key (
    partner bigint  NOT NULL,
    place   integer NOT NULL CHECK (place IN (0, 1)),
    sealed  bytea   NOT NULL,
    PRIMARY KEY (partner, place)
);

-- How users of a partner sign in to the portal. A partner that never does has no row.
CREATE TABLE partner_sign_in (
    partner   bigint PRIMARY KEY,
    password  text,            -- a PHC string; without it nobody can sign in
    totp      bytea,           -- the sealed secret of one-time codes, if they are required
    totp_used bigint NOT NULL, -- the last time step whose code was accepted
    sessions  bigint NOT NULL CHECK (sessions > 0) -- the generation of its sessions; it only grows
);

-- The address for the callbacks of a partner. A partner without one has no row.
CREATE TABLE partner_callback (
    partner bigint PRIMARY KEY,
    url     text NOT NULL
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
    fee_of_biller boolean NOT NULL,
    below_cost    boolean NOT NULL,
    failover_payments boolean NOT NULL
);

-- The billers that are asked for a product, in the order of their places.
CREATE TABLE route (
    product text COLLATE "C" NOT NULL,
    place   bigint  NOT NULL CHECK (place >= 0),
    biller  bigint  NOT NULL,
    code    text,    -- the product's code there, if it is not the same
    active  boolean NOT NULL,
    hours   text,
    PRIMARY KEY (product, place),
    CONSTRAINT route_biller UNIQUE (product, biller)
);

-- Billers on a network, as an operator set them up. They are never deleted: payments name them.
CREATE TABLE biller (
    id             bigint PRIMARY KEY,
    name           text COLLATE "C" NOT NULL UNIQUE,
    kind           text    NOT NULL,
    url            text    NOT NULL,
    prepaid_url    text,
    username       text    NOT NULL,
    api_key        bytea   NOT NULL, -- sealed
    webhook_secret bytea,            -- sealed
    testing        boolean NOT NULL,
    deadline       bigint  NOT NULL CHECK (deadline > 0), -- in milliseconds
    concurrency    bigint  NOT NULL CHECK (concurrency > 0),
    paused         boolean NOT NULL,
    created_at     bigint  NOT NULL,
    account_since  bigint  NOT NULL
);

-- What each biller told as lunas's balance there, beside what it had taken by the books, and what it may have
-- taken beyond that for payments in process. Append-only.
CREATE TABLE biller_balance (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    biller     bigint NOT NULL,
    at         bigint NOT NULL,
    balance    bigint NOT NULL,
    taken      bigint NOT NULL,
    in_process bigint NOT NULL CHECK (in_process >= 0)
);

CREATE INDEX biller_balance_biller ON biller_balance (biller, id);

CREATE FUNCTION refuse_change_of_biller_balance() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the balances at billers are append-only'; END $$;

CREATE TRIGGER biller_balance_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON biller_balance
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_biller_balance();

-- The balances of a partner, and what its transactions moved in lunas' own accounts. They can always be
-- computed again from the movements. This row is the lock of all that belongs to the partner. The CHECKs
-- are the last guard against an overdraft; the domain refuses one before. The fillfactor leaves room for
-- new versions of the row in its page, as each batch of the partner makes one.
CREATE TABLE partner_balance (
    partner     bigint PRIMARY KEY,
    available   bigint NOT NULL DEFAULT 0,
    held        bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    min_balance bigint NOT NULL,
    bank        bigint NOT NULL DEFAULT 0,
    fee         bigint NOT NULL DEFAULT 0,
    commission  bigint NOT NULL DEFAULT 0,
    margin      bigint NOT NULL DEFAULT 0,
    adjustment  bigint NOT NULL DEFAULT 0,
    CHECK (available >= min_balance)
) WITH (fillfactor = 30);

-- What a biller took for the payments of a partner.
CREATE TABLE biller_account (
    partner bigint NOT NULL,
    biller  bigint NOT NULL,
    balance bigint NOT NULL,
    PRIMARY KEY (partner, biller)
) WITH (fillfactor = 30);

CREATE TABLE inquiry (
    partner       bigint  NOT NULL,
    tr_id         bigint  NOT NULL,
    ref_id        text COLLATE "C" NOT NULL,
    code          text COLLATE "C" NOT NULL,
    customer_no   text COLLATE "C" NOT NULL,
    customer_name text    NOT NULL,
    period        text COLLATE "C" NOT NULL,
    nominal       bigint  NOT NULL CHECK (nominal > 0),
    sheets        bigint  NOT NULL CHECK (sheets > 0),
    admin         bigint  NOT NULL,
    commission    bigint  NOT NULL,
    details       text    NOT NULL,
    at            bigint  NOT NULL,
    took          bigint  NOT NULL,
    -- For the receipt: the product as it was at the inquiry.
    family        smallint NOT NULL, -- its number
    product       text     NOT NULL, -- its name
    -- Who answered and is to be paid, under which handle of its own, what it said that it takes, the product's
    -- code there if it is not the same, and lunas's reference there.
    biller           bigint NOT NULL,
    biller_reference text,
    cost             bigint CHECK (cost > 0),
    biller_code      text,
    reference        text COLLATE "C",
    extra            text, -- what the inquiry had beside the customer's number, such as month=2
    passed_over      text, -- the billers before this one in the product's routes, each with its reason
    PRIMARY KEY (partner, tr_id),
    CONSTRAINT inquiry_reference UNIQUE (partner, ref_id)
);

-- A reference belongs to one inquiry of its biller for ever, so that a report about it finds that inquiry.
-- Those of one process begin alike, so that new ones are close together in the index.
CREATE UNIQUE INDEX inquiry_at_biller ON inquiry (biller, reference) WHERE reference IS NOT NULL;

-- A payment has one hold and one settlement because it is one row, which is settled once. Only its key is
-- indexed, so that the settlement is a HOT update: no index changes and the row stays in its page.
CREATE TABLE payment (
    partner      bigint NOT NULL,
    tr_id        bigint NOT NULL,
    biller       bigint NOT NULL,
    state        text   NOT NULL,
    begun_at     bigint NOT NULL,
    settled_at   bigint,
    balance      bigint NOT NULL,
    reason       text,
    receipt_no   text   NOT NULL,
    details      text,
    exchanges    bigint NOT NULL,
    asks         bigint NOT NULL,
    open_because text,
    attempt      bigint NOT NULL DEFAULT 1, -- the number of the current one
    PRIMARY KEY (partner, tr_id),
    CHECK (CASE state
        WHEN 'paying'  THEN settled_at IS NULL -- the reason is that of a failed attempt
        WHEN 'pending' THEN settled_at IS NULL     AND reason IS NULL
        WHEN 'paid'    THEN settled_at IS NOT NULL AND reason IS NULL
        WHEN 'failed'  THEN settled_at IS NOT NULL AND reason IS NOT NULL
        ELSE false
    END)
) WITH (fillfactor = 50);

-- The payments without a final result. A payment that must be the only one of its bill names the bill
-- here; the unique constraint refuses a second one, whichever node begins it.
CREATE TABLE open_payment (
    partner     bigint NOT NULL,
    tr_id       bigint NOT NULL,
    customer_no text COLLATE "C",
    code        text COLLATE "C",
    period      text COLLATE "C",
    PRIMARY KEY (partner, tr_id),
    CONSTRAINT one_payment_per_bill UNIQUE (customer_no, code, period)
);

-- The attempts of a payment after its first one, which is at the biller of its inquiry. Each began because the one
-- before it certainly failed. Append-only.
CREATE TABLE attempt (
    partner          bigint NOT NULL,
    tr_id            bigint NOT NULL,
    number           bigint NOT NULL CHECK (number > 1),
    biller           bigint NOT NULL,
    biller_code      text,
    reference        text COLLATE "C",
    biller_reference text,
    cost             bigint CHECK (cost > 0),
    begun_at         bigint NOT NULL,
    after            text   NOT NULL, -- why the attempt before it failed
    PRIMARY KEY (partner, tr_id, number)
);

CREATE UNIQUE INDEX attempt_at_biller ON attempt (biller, reference) WHERE reference IS NOT NULL;

CREATE FUNCTION refuse_change_of_attempt() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the attempts are append-only'; END $$;

CREATE TRIGGER attempt_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attempt
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_attempt();

-- What is known about a payment whose outcome is unknown or contradicted. The row is made with the first
-- status query and deleted when the payment ends.
CREATE TABLE follow_up (
    partner       bigint NOT NULL,
    tr_id         bigint NOT NULL,
    token         bigint NOT NULL CHECK (token >= 0), -- grows with each claim
    until         bigint NOT NULL,                    -- when the last claim ends
    not_found     bigint NOT NULL,                    -- consecutive answers "not found"
    review_reason text,
    since         bigint,
    PRIMARY KEY (partner, tr_id),
    CHECK ((review_reason IS NULL) = (since IS NULL))
);

-- Append-only: one movement of money, with an amount for each kind of account. The sum is zero. The key lets
-- a transaction have each step once: no second hold, no second post, no post beside a void.
CREATE TABLE movement (
    partner    bigint NOT NULL,
    tr_id      bigint NOT NULL,
    step       bigint NOT NULL CHECK (step IN (1, 2)),
    kind       text   NOT NULL,
    at         bigint NOT NULL,
    bank       bigint NOT NULL,
    adjustment bigint NOT NULL,
    available  bigint NOT NULL, -- of the partner
    held       bigint NOT NULL, -- of the partner
    fee        bigint NOT NULL,
    commission bigint NOT NULL,
    margin     bigint NOT NULL,
    biller     bigint,
    cost       bigint,          -- of the biller
    PRIMARY KEY (partner, tr_id, step),
    CHECK ((biller IS NULL) = (cost IS NULL)),
    CONSTRAINT movement_sums_to_zero
        CHECK (bank + adjustment + available + held + fee + commission + margin + coalesce(cost, 0) = 0)
);

-- The movements as double-entry postings, for reports by any SQL tool: one row for each account of a movement
-- that is not zero.
CREATE VIEW posting AS
SELECT partner, tr_id, kind, at, 'bank' AS account, bank AS amount FROM movement WHERE bank <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'adjustment' AS account, adjustment AS amount FROM movement WHERE adjustment <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'available/' || partner AS account, available AS amount FROM movement WHERE available <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'held/' || partner AS account, held AS amount FROM movement WHERE held <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'biller/' || biller AS account, cost AS amount FROM movement WHERE cost <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'fee' AS account, fee AS amount FROM movement WHERE fee <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'commission' AS account, commission AS amount FROM movement WHERE commission <> 0
UNION ALL
SELECT partner, tr_id, kind, at, 'margin' AS account, margin AS amount FROM movement WHERE margin <> 0;

-- Append-only: the exchanges of one payment are numbered from one.
CREATE TABLE exchange (
    partner  bigint NOT NULL,
    tr_id    bigint NOT NULL,
    number   bigint NOT NULL,
    call     text   NOT NULL,
    asked_at bigint NOT NULL,
    took     bigint NOT NULL,
    answer   text   NOT NULL,
    attempt  bigint NOT NULL, -- the number of the one that it is about
    biller   bigint,          -- if it is not that of the attempt
    PRIMARY KEY (partner, tr_id, number)
);

-- The calls to billers of an inquiry, in order: the last one gave the bill, those before it did not. If there was
-- one call without evidence, it is not here: its time is that of the inquiry.
CREATE TABLE inquiry_exchange (
    partner     bigint NOT NULL,
    tr_id       bigint NOT NULL,
    number      bigint NOT NULL,
    biller      bigint, -- if it did not give the bill
    asked_at    bigint NOT NULL,
    took        bigint NOT NULL,
    answer      text   NOT NULL,
    sent        text,   -- as in evidence
    http_status integer,
    received    text,
    PRIMARY KEY (partner, tr_id, number)
);

-- What was sent and received in an exchange over a network. It has personal data, but no key and no signature.
CREATE TABLE evidence (
    partner     bigint NOT NULL,
    tr_id       bigint NOT NULL,
    number      bigint NOT NULL,
    sent        text   NOT NULL,
    http_status integer,
    received    text   NOT NULL,
    PRIMARY KEY (partner, tr_id, number)
);

-- A partner uses each reference for one deposit only. References are compared without case.
CREATE TABLE deposit (
    partner   bigint NOT NULL,
    tr_id     bigint NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),
    note      text   NOT NULL,
    at        bigint NOT NULL,
    reference text COLLATE "C",
    PRIMARY KEY (partner, tr_id)
);

CREATE UNIQUE INDEX deposit_reference ON deposit (partner, upper(reference)) WHERE reference IS NOT NULL;

-- A deposit that was booked by mistake is reversed, at most once.
CREATE TABLE reversal (
    partner bigint NOT NULL,
    tr_id   bigint NOT NULL,
    deposit bigint NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    reason  text   NOT NULL,
    at      bigint NOT NULL,
    PRIMARY KEY (partner, tr_id),
    CONSTRAINT one_reversal_per_deposit UNIQUE (partner, deposit)
);

-- A withdrawal or an adjustment. A partner uses each reference for one withdrawal only, compared without case.
CREATE TABLE balance_change (
    partner   bigint NOT NULL,
    tr_id     bigint NOT NULL,
    kind      text   NOT NULL,
    amount    bigint NOT NULL CHECK (amount <> 0), -- what it adds to the balance
    reason    text   NOT NULL,
    at        bigint NOT NULL,
    reference text COLLATE "C",
    PRIMARY KEY (partner, tr_id),
    CHECK (CASE kind WHEN 'withdrawal' THEN amount < 0 WHEN 'adjustment' THEN reference IS NULL ELSE false END)
);

CREATE UNIQUE INDEX withdrawal_reference ON balance_change (partner, upper(reference))
WHERE reference IS NOT NULL;

-- The callback of a payment whose final result the partner did not get in an answer.
CREATE TABLE callback (
    partner  bigint NOT NULL,
    tr_id    bigint NOT NULL,
    since    bigint NOT NULL,
    state    text   NOT NULL CHECK (state IN ('waiting', 'delivered', 'given-up')),
    at       bigint NOT NULL, -- of the next attempt or, once delivered or given up, of that
    attempts bigint NOT NULL CHECK (attempts >= 0),
    answer   text,
    PRIMARY KEY (partner, tr_id)
);

CREATE INDEX callback_waiting ON callback (partner, at) WHERE state = 'waiting';

-- The log of actions: who changed what. Append-only. The numbers have gaps, and those of two nodes may be in
-- another order than their commits.
CREATE TABLE action (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         bigint NOT NULL,
    actor_kind text   NOT NULL,
    actor      text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL, -- such as partner.suspend
    subject    text COLLATE "C" NOT NULL,
    before     text,                      -- a JSON object
    after      text   NOT NULL            -- a JSON object
);

CREATE FUNCTION refuse_change_of_action() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log of actions is append-only'; END $$;

CREATE TRIGGER action_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON action
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_action();

-- Where these books came from: at most one row. They are not served before all of them have arrived.
CREATE TABLE store_migration (
    id      text   PRIMARY KEY, -- of the move, the same in both databases
    state   text   NOT NULL CHECK (state IN ('arriving', 'arrived', 'rolled back')),
    reached bigint NOT NULL     -- the last transaction that is here
);

-- Only one move into a database is possible.
CREATE UNIQUE INDEX one_store_migration ON store_migration ((true));

-- What these books are for: one row. The process that creates the books sets it.
CREATE TABLE purpose (
    id   smallint PRIMARY KEY CHECK (id = 1),
    name text     NOT NULL CHECK (name IN ('production', 'sandbox'))
);

INSERT INTO purpose (id, name) VALUES (1, 'production');
