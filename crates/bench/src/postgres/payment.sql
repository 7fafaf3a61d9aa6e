\set deposit random(1, :deposits)
BEGIN;
INSERT INTO payment (ref_id, deposit, amount)
    VALUES (gen_random_uuid()::text, :deposit, 52300) RETURNING id \gset
UPDATE deposit SET balance = balance - 52300 WHERE id = :deposit AND balance >= 52300;
INSERT INTO posting VALUES (:id, :deposit, -52300);
INSERT INTO posting VALUES (:id, 0, 52300);
COMMIT;
