CREATE TABLE deposit (
    id int PRIMARY KEY,
    balance bigint NOT NULL CHECK (balance >= 0)
);
CREATE TABLE payment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref_id text NOT NULL UNIQUE,
    deposit int NOT NULL,
    amount bigint NOT NULL
);
CREATE TABLE posting (
    payment bigint NOT NULL,
    account int NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (payment, account)
);
INSERT INTO deposit SELECT id, 9000000000000 FROM generate_series(0, 1000) AS id;
