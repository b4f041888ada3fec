-- Rows that are locked before others, so that servers which would get into each other's way go one after the other.
CREATE TABLE locks (
    name TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
