CREATE TABLE store_view (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO store_view (id, code) VALUES (0, 'admin');

CREATE TABLE attribute_set (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    gallery INTEGER NOT NULL
) STRICT;

CREATE TABLE image_type (
    attribute_set INTEGER NOT NULL REFERENCES attribute_set (id),
    code TEXT NOT NULL,
    scope TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (attribute_set, code)
) STRICT, WITHOUT ROWID;

-- sku_key is the SKU as the reference's database compares it: no case, no trailing spaces.
CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL,
    sku_key TEXT NOT NULL UNIQUE,
    attribute_set INTEGER NOT NULL REFERENCES attribute_set (id)
) STRICT;

-- AUTOINCREMENT: ids are public in some faces and never come back.
-- stored_as is the name of the bytes in their store; while an update is under way it is not `file`.
CREATE TABLE image (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product INTEGER NOT NULL REFERENCES product (id),
    file TEXT NOT NULL UNIQUE,
    mime TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    stored_as TEXT NOT NULL
) STRICT;
CREATE INDEX image_of_product ON image (product);
CREATE INDEX image_unsettled ON image (file) WHERE stored_as <> file;

-- NULL means "as in store view 0". The product stands here too, for the index that finds the
-- highest position of a gallery without reading it.
CREATE TABLE image_value (
    image INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    store_view INTEGER NOT NULL REFERENCES store_view (id),
    product INTEGER NOT NULL,
    label TEXT,
    position INTEGER,
    excluded INTEGER,
    PRIMARY KEY (image, store_view)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_value_position ON image_value (product, store_view, position);

-- A row with image NULL means "no image here", and does not fall back to store view 0.
CREATE TABLE type_value (
    product INTEGER NOT NULL REFERENCES product (id),
    store_view INTEGER NOT NULL REFERENCES store_view (id),
    code TEXT NOT NULL,
    image INTEGER REFERENCES image (id) ON DELETE SET NULL,
    PRIMARY KEY (product, store_view, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX type_value_of_image ON type_value (image);

-- Every name ever given; no name is used twice, also after removal and prune. removed_as is where
-- the bytes of a removed image stay; NULL while the image lives.
CREATE TABLE file_name (
    path TEXT PRIMARY KEY,
    removed_as TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX file_name_unsettled ON file_name (path) WHERE removed_as <> path;

-- Where the search for the next free name starts, so that it does not grow.
CREATE TABLE name_hint (
    name TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
