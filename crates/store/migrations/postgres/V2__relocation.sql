-- Where these books come from: at the most one row. Before they have arrived whole nobody serves them.
CREATE TABLE relocation (
    id      text   PRIMARY KEY, -- of the move, the same at both its ends
    state   text   NOT NULL CHECK (state IN ('arriving', 'arrived', 'called back')),
    reached bigint NOT NULL     -- the last transaction that is here
);

-- There is one move into a database.
CREATE UNIQUE INDEX one_relocation ON relocation ((true));
