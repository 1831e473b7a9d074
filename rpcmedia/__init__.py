"""A server that answers the Magento-style product_media API over JSON-RPC."""

__version__ = "0.1.0"
