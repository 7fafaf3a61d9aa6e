-- Where these books go or have gone: at the most one row. Books that leave are served nowhere until
-- they have arrived.
CREATE TABLE relocation (
    id    TEXT NOT NULL, -- of the move, the same at both its ends
    state TEXT NOT NULL CHECK (state IN ('leaving', 'left')),
    other TEXT NOT NULL  -- the other end, without its secrets
) STRICT;
