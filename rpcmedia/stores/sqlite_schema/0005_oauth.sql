-- Secrets are kept as they are, for signatures are made with them.
-- What is revoked stays, so that a catalog loaded at every start does not bring it back.
CREATE TABLE oauth_consumer (
    key TEXT PRIMARY KEY,
    secret TEXT NOT NULL CHECK (secret <> ''),
    name TEXT NOT NULL,
    revoked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A request token has a verifier once somebody allowed it, and a time at which it expires unless a
-- catalog brought it. A token of a user has that user's permissions, another one its own.
CREATE TABLE oauth_token (
    token TEXT PRIMARY KEY,
    secret TEXT NOT NULL CHECK (secret <> ''),
    consumer TEXT NOT NULL REFERENCES oauth_consumer (key) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    user INTEGER REFERENCES user (id) ON DELETE CASCADE,
    revoked INTEGER NOT NULL,
    callback TEXT NOT NULL,
    verifier TEXT,
    expires REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_token_expiry ON oauth_token (consumer, expires) WHERE expires IS NOT NULL;

CREATE TABLE oauth_permission (
    token TEXT NOT NULL REFERENCES oauth_token (token) ON DELETE CASCADE,
    path TEXT NOT NULL,
    PRIMARY KEY (token, path)
) STRICT, WITHOUT ROWID;
