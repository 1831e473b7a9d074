"""Values of operations as the reference server writes them: every value of an image is a string."""

from typing import Any

from rpcmedia.operations.presentation import CreatedFile, Done, ImageMap, ImageMaps


def image_map(image: ImageMap) -> dict[str, Any]:
    """An image in the reference's names and order."""
    return {
        "file": image.file,
        "label": image.label,
        "position": text(image.position),
        "exclude": text(image.exclude),
        "url": image.url,
        "types": image.types,
    }


def text(number: int | None) -> str:
    """A number that may be absent, as a string."""
    return "" if number is None else str(number)


def plain(value: Any) -> Any:
    """What an operation answers, made of maps, sequences, strings, numbers, booleans and None."""
    match value:
        case ImageMaps():
            return [image_map(image) for image in value]
        case ImageMap():
            return image_map(value)
        case CreatedFile():
            return value.file
        case Done():
            return True
        case list():
            return [plain(member) for member in value]
        case _:
            return value
