-- Whether guests and customers can see the product; the shop's own people always can.
ALTER TABLE product ADD COLUMN storefront INTEGER NOT NULL DEFAULT 1;
