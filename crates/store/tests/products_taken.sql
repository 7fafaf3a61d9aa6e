-- Undoes products_refused.sql.
ALTER TABLE product DROP CONSTRAINT refused
