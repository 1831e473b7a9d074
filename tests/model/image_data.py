"""Image data to send, right and wrong, and how often which."""

from typing import Any

from hypothesis import strategies as st

from tests.model.catalog import TYPES
from tests.model.values import NO_PICTURES, PICTURES, WRONG_SPELLINGS, Content

Strategy = st.SearchStrategy[Any]


def mostly(usual: Strategy, odd: Strategy) -> Strategy:
    """The usual one in nine of ten draws."""
    return st.integers(0, 9).flatmap(lambda number: odd if number == 5 else usual)


def one(*values: Any) -> Strategy:
    return st.sampled_from(values)


def some_of(**members: Strategy) -> Strategy:
    """An object with any of these members."""
    return st.fixed_dictionaries({}, optional=members)


NAMES = mostly(
    one(
        "a", "b", "image", "Front View", "a_1", "müller", "日本語", "foo.png", "", "-rf", "..", ".x"
    ),
    one(None, 0, "0", True, 17, 1.5, [], ["x"], "a/b", "../a", "a\\..\\b", "a\0b", "./a", "_", "?!")
    | st.integers(245, 256).map(lambda size: "n" * size)
    | st.text(min_size=1, max_size=4),
)

LABELS = mostly(
    one("Front", "Rückseite", "😀 smile", "<b>&amp;</b>", "", "tab\t and \x01 and \0", "l" * 256),
    one(None, False, True, 0, 17, 1.0, 2.5, [], {"a": 1}, "l" * 255, "😀" * 300, " x ", "NULL")
    | st.text(max_size=8),
)

POSITIONS = mostly(
    one(None, 1, 2, 3, "5", 0, 100),
    one(-3, "-3", 1.9, "7abc", "abc", "", "1e3", " 12", True, False, [3], [], {}, 2**32, "9" * 30)
    | one(2**32 - 1, 2**40, 0.0, "4294967294")
    | st.integers(-(2**62), 2**62),
)

EXCLUDES = mostly(
    one(0, 1, "0", "1", True, False),
    one(None, 2, -1, 99999, "", "abc", "yes", [1], [], 1.9, 65535, "true", {"a": 0}),
)

TYPE_LISTS = mostly(
    st.lists(st.sampled_from(TYPES), max_size=3),
    one(None, "image", "thumbnail", "nosuch", "", {"0": "image"}, {"x": "thumbnail", "y": 1})
    | one(["Image", "image "], [1, None, "small_image"], True, 3, ["image", ["thumbnail"]], {}),
)

CONTENTS = mostly(
    st.builds(Content, st.sampled_from(PICTURES), one("plain", "wrapped", "unpadded")),
    st.builds(Content, st.sampled_from(NO_PICTURES))
    | st.builds(Content, st.sampled_from(PICTURES), st.sampled_from(WRONG_SPELLINGS))
    | one(None, "", "=", "MA==", "%%%", "é", 5, [], ["QUJD"], {}, False),
)

MIMES = mostly(
    one("image/jpeg", "image/png", "image/gif", "image/webp"),
    one(None, "", "image/jpg", "IMAGE/PNG", "image/png; q=1", "text/html", ["image/png"], 1, True),
)

FILES = mostly(
    st.fixed_dictionaries({"content": CONTENTS, "mime": MIMES}, optional={"name": NAMES}),
    some_of(content=CONTENTS, mime=MIMES, name=NAMES) | one(None, [], "x", True),
)

VALUES = some_of(
    label=LABELS, position=POSITIONS, exclude=EXCLUDES, types=TYPE_LISTS, disabled=EXCLUDES
)

NO_DATA = one(None, [], {}, "x", 7, True, {"Label": "x", "remove": 1}, [{"label": "x"}])


def _with_file(parts: tuple[dict[str, Any], Any]) -> dict[str, Any]:
    values, file = parts
    return {"file": file, **values}


NEW_WITH_FILE = st.tuples(VALUES, FILES).map(_with_file)
NEW = mostly(NEW_WITH_FILE, VALUES | NO_DATA)
CHANGES = mostly(VALUES | NEW_WITH_FILE, NO_DATA)
