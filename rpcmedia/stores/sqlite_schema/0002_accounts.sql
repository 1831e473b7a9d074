-- name_key is the user name as the reference's database compares it: without case.
-- key_index is an HMAC of the API key with the folder's secret: it finds the user where a protocol
-- sends a key alone, and tells an unchanged key without the slow hash.
CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    key_hash TEXT NOT NULL,
    key_index TEXT NOT NULL,
    active INTEGER NOT NULL
) STRICT;
CREATE INDEX user_key ON user (key_index);

CREATE TABLE permission (
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    PRIMARY KEY (user, path)
) STRICT, WITHOUT ROWID;

-- Session ids are kept as their SHA-256 only; times in Unix seconds.
CREATE TABLE session (
    id_hash TEXT PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    last_used REAL NOT NULL,
    expires REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expiry ON session (expires);

CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO secret (name, value) VALUES ('folder', randomblob(32));
