-- What these books were made for: one row. Books from before do not say it: those with a product that is
-- bought at the sandbox's biller, whose number is 1, are taken for a sandbox's. Whoever makes new books
-- writes it in the row.
CREATE TABLE purpose (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT    NOT NULL CHECK (name IN ('production', 'sandbox'))
) STRICT;

INSERT INTO purpose (id, name)
SELECT 1, CASE WHEN EXISTS (SELECT 1 FROM product WHERE biller = 1) THEN 'sandbox' ELSE 'production' END;
