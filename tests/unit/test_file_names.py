"""Names of image files: the measured rules step by step, and what holds for every wished name."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rpcmedia.gallery.faults import ImageNotCreated
from rpcmedia.gallery.file_names import FileName, name_image

SAFE_PATH = re.compile(r"/[A-Za-z0-9_-]/[A-Za-z0-9_-]/[A-Za-z0-9_.-]*\.(?:jpg|png|gif|webp)")

nasty = st.text(st.sampled_from("./\\_ -aZ0\0ü日\ud800%:\n"), max_size=12)
wishes = st.text(max_size=40) | nasty | st.text("a/.é", min_size=245, max_size=260)
extensions = st.sampled_from(["jpg", "png", "gif", "webp"])


@pytest.mark.parametrize(
    ("wished", "path"),
    [
        ("", "/i/m/image.jpg"),
        # The extension is always added, and nothing but the declared type decides it.
        ("foo.png", "/f/o/foo.png.jpg"),
        ("foo.jpg", "/f/o/foo.jpg.jpg"),
        ("foo.JPG", "/f/o/foo.JPG.jpg"),
        ("foo.tar.gz", "/f/o/foo.tar.gz.jpg"),
        ("foo.php", "/f/o/foo.php.jpg"),
        ("foo.", "/f/o/foo..jpg"),
        ("foo..bar", "/f/o/foo..bar.jpg"),
        # Two folders: the first two characters, a dot written as an underscore.
        ("a", "/a/_/a.jpg"),
        ("A", "/A/_/A.jpg"),
        ("ab", "/a/b/ab.jpg"),
        ("Ab", "/A/b/Ab.jpg"),
        ("5", "/5/_/5.jpg"),
        ("1.5", "/1/_/1.5.jpg"),
        ("-", "/-/_/-.jpg"),
        ("--", "/-/-/--.jpg"),
        ("-rf", "/-/r/-rf.jpg"),
        (".", "/_/_/..jpg"),
        ("..", "/_/_/...jpg"),
        ("...", "/_/_/....jpg"),
        (".a", "/_/a/.a.jpg"),
        ("a.", "/a/_/a..jpg"),
        ("._", "/_/_/._.jpg"),
        ("_.", "/_/_/_..jpg"),
        (".htaccess", "/_/h/.htaccess.jpg"),
        # No lower-casing and no trimming.
        ("IMAGE", "/I/M/IMAGE.jpg"),
        ("  lead", "/_/l/_lead.jpg"),
        ("trail  ", "/t/r/trail_.jpg"),
        # A run of anything else is one underscore.
        ("two words", "/t/w/two_words.jpg"),
        ("tab\tx", "/t/a/tab_x.jpg"),
        ("müller", "/m/_/m_ller.jpg"),
        ("x日本語y", "/x/_/x_y.jpg"),
        ("<b>", "/_/b/_b_.jpg"),
        ("a\\b", "/a/_/a_b.jpg"),
        ("a__b", "/a/_/a__b.jpg"),
        # A name of underscores alone.
        ("_", "/f/i/file.jpg"),
        ("__", "/f/i/file.jpg"),
        ("ü", "/f/i/file.jpg"),
        ("日本語", "/f/i/file.jpg"),
        (" ", "/f/i/file.jpg"),
        # A path that stays where it is.
        ("./x", "/x/_/x.jpg"),
        ("./xy", "/x/y/xy.jpg"),
        # The longest names.
        ("a" * 200, f"/a/a/{'a' * 200}.jpg"),
        ("a" * 251, f"/a/a/{'a' * 251}.jpg"),
        ("é" * 125 + "a", "/_/a/_a.jpg"),
    ],
)
def test_a_wished_name_becomes_a_path_as_the_reference_makes_it(wished: str, path: str) -> None:
    assert name_image(wished, "jpg").path(0) == path


@pytest.mark.parametrize(
    "wished",
    [
        "a\0b",
        "../x",
        "..\\x",
        "x/../y",
        "x\\..\\y",
        "a/..",
        "a/b",
        "/etc/passwd",
        "/",
        "a/",
        "./a/b",
        ".//../x",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(wished: str) -> None:
    with pytest.raises(ImageNotCreated, match=r"\ACannot create image\.\Z"):
        name_image(wished, "jpg")


@pytest.mark.parametrize(
    ("wished", "extension", "size"),
    [("a" * 252, "jpg", 256), ("a" * 251, "webp", 256), ("é" * 126, "jpg", 256)],
)
def test_a_name_too_long_for_a_disk_is_refused_with_its_length(
    wished: str, extension: str, size: int
) -> None:
    with pytest.raises(ImageNotCreated) as refusal:
        name_image(wished, extension)
    assert f"{size} bytes" in refusal.value.message
    assert "255" in refusal.value.message


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp"])
def test_the_extension_is_the_one_given(extension: str) -> None:
    assert name_image("photo", extension).path(0) == f"/p/h/photo.{extension}"


@pytest.mark.parametrize(
    ("wished", "number", "path"),
    [
        ("same", 1, "/s/a/same_1.jpg"),
        ("same", 12, "/s/a/same_12.jpg"),
        ("same_1", 1, "/s/a/same_1_1.jpg"),
        # The folder is that of the name without its number.
        ("a", 1, "/a/_/a_1.jpg"),
        (".", 2, "/_/_/._2.jpg"),
    ],
)
def test_a_number_stands_before_the_extension(wished: str, number: int, path: str) -> None:
    assert name_image(wished, "jpg").path(number) == path


def _named(wished: str, extension: str) -> FileName:
    try:
        return name_image(wished, extension)
    except ImageNotCreated:
        assume(False)
        raise


@given(wishes, extensions)
@example("\ud800", "jpg")
@example("a\n", "jpg")
@example("é" * 125, "webp")
@example("./", "jpg")
def test_every_accepted_name_is_safe(wished: str, extension: str) -> None:
    path = _named(wished, extension).path(0)
    assert SAFE_PATH.fullmatch(path)
    assert path.endswith(f".{extension}")
    name = path.split("/")[3]
    assert 0 < len(name.encode()) <= 255
    assert name not in (".", "..")


@given(wishes, extensions)
def test_a_name_always_becomes_the_same_path(wished: str, extension: str) -> None:
    assert _named(wished, extension) == name_image(wished, extension)


@given(wishes, extensions, st.integers(0, 10**6), st.integers(0, 10**6))
def test_two_numbers_make_two_paths_in_one_folder(
    wished: str, extension: str, first: int, second: int
) -> None:
    assume(first != second)
    name = _named(wished, extension)
    assert name.path(first) != name.path(second)
    assert name.path(first).rpartition("/")[0] == name.path(second).rpartition("/")[0]


@given(wishes, extensions)
def test_a_name_with_its_extension_once_more_is_still_safe(wished: str, extension: str) -> None:
    stem = _named(wished, extension).path(0).rpartition("/")[2]
    assume(len(stem) <= 250)
    # What the server itself named must be accepted again: integrations copy names.
    assert SAFE_PATH.fullmatch(name_image(stem, extension).path(0))
