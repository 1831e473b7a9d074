-- An image made in a store view of its own has a row in the default scope too, without values: what
-- a later change there must fill is then found by an index, however large the gallery is.
INSERT INTO image_value (image, store_view, product)
SELECT id, 0, product FROM image
WHERE id NOT IN (SELECT image FROM image_value WHERE store_view = 0);
CREATE INDEX image_value_unfilled ON image_value (product)
WHERE store_view = 0 AND (position IS NULL OR excluded IS NULL);
