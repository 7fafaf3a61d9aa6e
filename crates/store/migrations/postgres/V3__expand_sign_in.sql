-- How the people of a partner sign in to the portal; those that never do have no row.
CREATE TABLE partner_sign_in (
    partner   bigint PRIMARY KEY,
    password  text,            -- a PHC string; without it nobody signs in
    totp      bytea,           -- the sealed secret of one-time codes, where they are asked for
    totp_used bigint NOT NULL, -- the last time step whose code was taken
    sessions  bigint NOT NULL CHECK (sessions > 0) -- their generation, which only rises
);
