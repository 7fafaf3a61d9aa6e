-- Has every new product refused.
ALTER TABLE product ADD CONSTRAINT refused CHECK (false)
