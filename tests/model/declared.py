"""What the API declares: its resource, operations, methods and faults."""

RESOURCE = "catalog_product_attribute_media"
ALIASES = ["product_attribute_media", "product_media"]
RIGHT = "catalog/product/media"

OPERATIONS: dict[str, tuple[str, tuple[str, ...], int]] = {
    "currentStore": ("Set/Get current store view", ("store",), 0),
    "list": ("Retrieve product image list", ("productId", "store", "identifierType"), 1),
    "info": ("Retrieve product image", ("productId", "file", "store", "identifierType"), 2),
    "types": ("Retrieve product image types", ("setId",), 1),
    "create": ("Upload new product image ", ("productId", "data", "store", "identifierType"), 2),
    "update": ("Update product image", ("productId", "file", "data", "store", "identifierType"), 3),
    "remove": ("Remove product image", ("productId", "file", "identifierType"), 2),
}
"""Title, arguments, and how many of them must be given."""

WRITING = ("create", "update", "remove")

PARAMETERS = {
    "startSession": (),
    "endSession": ("sessionId",),
    "login": ("username", "apiKey"),
    "call": ("sessionId", "apiPath", "args"),
    "multiCall": ("sessionId", "calls", "options"),
    "resources": ("sessionId",),
    "resourceFaults": ("sessionId", "resourceName"),
    "globalFaults": ("sessionId",),
}
REQUIRED = {"login": ("username",), "call": ("sessionId", "apiPath")}

GLOBAL_FAULTS = {
    0: "Unknown Error",
    1: "Internal Error. Please see log for details.",
    2: "Access denied.",
    3: "Invalid api path.",
    4: "Resource path is not callable.",
    5: "Session expired. Try to relogin.",
    6: 'Required parameter is missing, for more details see "exception.log".',
}
RESOURCE_FAULTS = {
    100: "Requested store view not found.",
    101: "Product not exists.",
    102: "Invalid data given. Details in error message.",
    103: "Requested image not exists in product images' gallery.",
    104: "Image creation failed. Details in error message.",
    105: "Image not updated. Details in error message.",
    106: "Image not removed. Details in error message.",
    107: "Requested product doesn't support images",
}
