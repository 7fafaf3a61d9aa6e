-- How many columns the later version has added.
SELECT count(*) FROM information_schema.columns WHERE column_name = 'later'
