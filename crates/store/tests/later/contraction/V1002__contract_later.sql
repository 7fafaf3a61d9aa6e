-- What the version after that may do, once nobody needs the old any more.
DROP TABLE later;
