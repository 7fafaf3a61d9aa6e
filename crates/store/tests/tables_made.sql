-- How many tables a database on a server has.
SELECT count(*) FROM pg_tables WHERE schemaname = 'public'
