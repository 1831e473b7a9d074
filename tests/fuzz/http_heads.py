"""HTTP that is odd: heads, lengths, chunks, and paths of media."""

from collections.abc import Sequence
from random import Random

MEDIA = "/media/catalog/product"

_PATHS = (
    *("/i/m/image.png", "/i/m/image.jpg", "/i/m/image_1.png", "/b/a/back_view.png", "/a/_/a.png"),
    *("/..%2f..%2f..%2frpcmedia.sqlite3", "/../../../rpcmedia.sqlite3", "/%2e%2e/%2e%2e/x", "/.."),
    *("/%00", "/i/m/image.png%00", "/i/m/image.png%00.html", "/\0", "/%", "/%zz", "/%ff%fe", "/"),
    *(
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/..\\..\\x",
        "/..%5c..%5cx",
        "/%c0%ae%c0%ae/x",
        "",
        "/*",
    ),
    *("/%252e%252e/x", "/....//....//x", "/i/m/../../../../x", "/" + "a" * 5000, "/" + "a/" * 2000),
    *("/i/m/image.png?v=1", "/i/m/image.png#x", "/i/m/image.png/", "/i/m/IMAGE.PNG", "/é", "/😀"),
    *("/i/m/.waiting", "/%0d%0aX-Y: z", "/%F0%9F%98%80", "/i/m/image.png;x", "/~root", "/CON"),
)
_OTHERS = (
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/favicon.ico",
    "/media",
    "/media/../rpcmedia.py",
)
_CONDITIONS = (
    *("Range: bytes=0-3", "Range: bytes=-1", "Range: bytes=5-2", "Range: bytes=99999999-"),
    *("Range: bytes=0-1,4-5", "Range: bytes=a-b", "Range: x", "Range: bytes=-", "Range: bytes=-0"),
    *("Range: bytes=" + "9" * 400 + "-", "If-None-Match: *", 'If-None-Match: "', "If-Match: x"),
    *("If-Modified-Since: yesterday", "If-Modified-Since: Thu, 01 Jan 1998 00:00:00 GMT"),
    *("If-Range: x", "If-Unmodified-Since: Fri, 32 Jan 2099 00:00:00 GMT", "Accept-Encoding: br"),
    *("If-Modified-Since: Sun, 31 Dec 9999 23:59:59 GMT", 'If-None-Match: W/"a", "b', "Accept: x"),
    "If-Modified-Since: Thu, 01 Jan 0000 00:00:00 GMT",
)


def head(method: str, target: str, headers: Sequence[str], version: str = "HTTP/1.1") -> bytes:
    """A request line and headers."""
    lines = [f"{method} {target} {version}", "Host: test", *headers, "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def media(random: Random) -> bytes:
    """A request for a file."""
    path = random.choice(_PATHS if random.random() < 0.6 else _PATHS[:2])
    for _ in range(random.choice([0, 0, 1, 3])):
        at = random.randrange(len(path) + 1)
        path = (
            path[:at]
            + random.choice(["%2e", "..", "/", "%00", "\\", "%", "é", "?", "a"])
            + path[at:]
        )
    target = MEDIA + path if random.random() < 0.9 else random.choice(_OTHERS)
    method = random.choice(["GET", "GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS", "PROPFIND"])
    conditions = random.sample(_CONDITIONS, random.choice([0, 1, 1, 2]))
    return head(method, target, conditions)


def odd_framing(target: str, headers: list[str], body: bytes, random: Random) -> bytes:
    """A body whose end is told wrongly, twice, or in chunks."""
    length = random.choice(_lengths(len(body)))
    if random.random() < 0.5:
        return head("POST", target, [*headers, *length]) + body
    more = length if random.random() < 0.2 else []
    start = head("POST", target, [*headers, *more, f"Transfer-Encoding: {random.choice(_CODINGS)}"])
    return start + _chunks(body, random)


_CODINGS = (
    *("chunked", "chunked", "chunked", "gzip, chunked", "identity", "chunked, x", " chunked"),
    "CHUNKED",
)


def _lengths(size: int) -> list[list[str]]:
    right = f"Content-Length: {size}"
    return [
        *([right, right], [right, "Expect: 100-continue"], [right, "Connection: close"], []),
        *(["Content-Length: 0"], ["Content-Length: -1"], ["Content-Length:"], [f"{right}, {size}"]),
        *([f"Content-Length: {size + 1000}"], [f"Content-Length: {size // 2}"]),
        *(["Content-Length: 1", right], ["Content-Length: " + "9" * 30], ["Content-Length: 0x5"]),
        *([f"Content-Length: +{size}"], ["Expect: nonsense"]),
        [right, "Upgrade: h2c", "Connection: upgrade"],
    ]


def _chunks(body: bytes, random: Random) -> bytes:
    step = random.choice([1, 7, 100, 10**6])
    if len(body) // step > 2000:
        step = 1000
    parts = [body[at : at + step] for at in range(0, len(body), step)]
    extension = random.choice([b"", b"", b";x=y", b';x="' + b"a" * 9000 + b'"'])
    lines = [b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts]
    end = random.choice(
        [b"0\r\n\r\n"] * 4 + [b"", b"0\r\n", b"0\r\nX: y\r\n\r\n", b"zz\r\n\r\n", b"-1\r\n\r\n"]
    )
    if random.random() < 0.2:
        lines[random.randrange(len(lines))] = random.choice(
            [b"g\r\n", b"fffffffffffffffff\r\n", b"5\nabc\r\n"]
        )
    return b"".join(lines) + end


_BROKEN = (
    *(b"", b"\r\n\r\n", b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\0\1\0\1\xfc\3\3", b"\0" * 100),
    *(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
    ),
    *(b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1 x\r\n\r\n", b" GET / HTTP/1.1\r\n\r\n"),
    *(b"POST /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b"GET http:// HTTP/1.1\r\n\r\n"),
    *(
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"GET * HTTP/1.1\r\n\r\n",
    ),
    *(b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", b"G\xc3\xa9T / HTTP/1.1\r\nHost: x\r\n\r\n"),
)
_HEADERS = (
    *(
        "X: " + "a" * 9000,
        "X:",
        ": x",
        "X y: z",
        " X: folded",
        "X: \0",
        "X: \x7f",
        "X: é",
        "Host: y",
    ),
    *("Cookie: " + "a=b; " * 500, "Content-Type: multipart/form-data", "Content-Type: x;;=", "X"),
    *("Content-Type: multipart/form-data; boundary=x", "Content-Encoding: gzip", "Trailer: x"),
    *("Content-Type: application/x-www-form-urlencoded", "Content-Type: text/html; charset=nosuch"),
    *(
        "Sec-WebSocket-Key: x",
        "X-Forwarded-For: 1",
        "X-Request-Id: \udcff",
        "Authorization: Basic é",
    ),
    *("X-HTTP-Method-Override: DELETE", "Connection: close", "Authorization: Digest username=x"),
)


def odd_head(target: str, headers: list[str], body: bytes, random: Random) -> bytes:
    """A request with a head that is broken, or has something odd in it."""
    if random.random() < 0.2:
        return random.choice(_BROKEN)
    more = random.choices(_HEADERS, k=random.choice([1, 1, 2, 5]))
    if random.random() < 0.05:
        more = [f"X-{number}: x" for number in range(random.choice([100, 200, 3000]))]
    method = random.choice(
        ["POST", "POST", "GET", "PUT", "HEAD", "post", "TRACE", "QUERY", "X" * 40]
    )
    version = random.choice(
        ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.1 ", "HTTP/1.2", "http/1.1"]
    )
    lines = [*headers, *more, f"Content-Length: {len(body)}"]
    random.shuffle(lines)
    raw = bytearray(head(method, target, lines, version))
    if random.random() < 0.3:
        at = random.randrange(len(raw))
        raw[at : at + random.choice([0, 1, 1, 5])] = random.choice(
            [b"\n", b"\r", b"\0", b" ", b"\xff", b":"]
        )
    return bytes(raw) + body
