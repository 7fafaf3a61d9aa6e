-- What a receipt shows of the product, as it was when the inquiry was made. Inquiries from before have
-- neither, and show the product as it is.
ALTER TABLE inquiry ADD COLUMN family INTEGER; -- its number
ALTER TABLE inquiry ADD COLUMN product TEXT;   -- its name
