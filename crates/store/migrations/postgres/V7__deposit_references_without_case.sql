-- A deposit's reference is compared without case. What was booked before by two spellings stays two
-- deposits: the reference of the later one gets its number. It changes rows, so that it does more than to
-- add.
DROP INDEX top_up_reference;

UPDATE deposit SET reference = substr(reference, 1, 38) || ' (TR ' || tr_id || ')'
WHERE reference IS NOT NULL AND (partner, tr_id) NOT IN (
    SELECT partner, min(tr_id) FROM deposit WHERE reference IS NOT NULL GROUP BY partner, upper(reference)
);

CREATE UNIQUE INDEX top_up_reference ON deposit (partner, upper(reference)) WHERE reference IS NOT NULL;
