"""Inputs: bytes for a connection, made from a seed and a number and nothing else.

Each kind is a function of a `Maker`; how often it is taken stands in `_KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.faces.bodies import text_of
from tests.fuzz import calls, http_heads, odd_json, other_faces
from tests.fuzz.encodings import encode_body

# The spellings that work, more often than those that do not.
ENDPOINTS = ("/api/jsonrpc", "/api/jsonrpc/", "/index.php/api/jsonrpc", "/api/Jsonrpc/index")
_ODD_ENDPOINTS = (
    *("/api.php?type=jsonrpc", "//api/jsonrpc", "/api/jsonrpc/index/index/", "/api.php", "/api/"),
    *(
        "/api.php?type=soap",
        "/api/jsonrpc?x=%ff%00",
        "/api/jsonrpcx",
        "/api/xmlrpc",
        "/API/JSONRPC",
    ),
    "/api/jsonrpc#x",
)


@dataclass(frozen=True, slots=True)
class Input:
    """What is sent, and which kind it is of."""

    kind: str
    raw: bytes

    @property
    def whole(self) -> bool:
        """Whether it is a request of HTTP that has an end, and must be answered exactly once."""
        return self.kind not in ("framed", "head")

    @property
    def bodiless(self) -> bool:
        """Whether its answer announces a length and has no body."""
        return self.raw.startswith(b"HEAD ")

    @property
    def asks_jsonrpc(self) -> bool:
        """Whether JSON-RPC must answer."""
        return self.whole and self._target() in ENDPOINTS

    @property
    def asks_xmlrpc(self) -> bool:
        """Whether XML-RPC must answer."""
        return self.whole and self._target() in other_faces.XMLRPC

    @property
    def asks_soap(self) -> bool:
        """Whether SOAP may answer, which has status 500 for what could not be called."""
        path, _, query = self._target().partition("?")
        return "soap" in f"{path}?{query}".lower() or path in ("/api", "/api/", "/api.php")

    @property
    def asks_media(self) -> bool:
        """Whether a file may be the answer."""
        return self._target().startswith(http_heads.MEDIA)

    def _target(self) -> str:
        return self.raw[:10_000].decode("latin-1").partition(" ")[2].partition(" ")[0]


class Maker:
    """What the kinds choose from. `basic` is the header, `session` an id that works."""

    def __init__(self, random: Random, basic: str, session: str) -> None:
        self.random = random
        self._basic = basic
        self._session = session

    def request(self) -> tuple[odd_json.Members, list[str]]:
        """A request and the headers that go with it."""
        if self.random.random() < 0.5:
            message = calls.request(self.random, self._session)
            return odd_json.Members(message.items()), []
        message = calls.request(self.random, None)
        return odd_json.Members(message.items()), self.basic()

    @property
    def session(self) -> str:
        """An id that works."""
        return self._session

    def basic(self) -> list[str]:
        """Right credentials, mostly."""
        if self.random.random() < 0.95:
            return [f"Authorization: {self._basic}"]
        odd = (
            *("Basic", "Basic !", "Basic Og==", "Bearer x", "Basic " + "A" * 5000, "Basic 4oKs"),
            # \xff:x, which is no UTF-8, and \xff:\xff.
            *("Basic /zp4", "Basic /zr/"),
        )
        return [f"Authorization: {self.random.choice(odd)}"]

    def endpoint(self) -> str:
        """Where JSON-RPC is, mostly."""
        return self.random.choice(ENDPOINTS if self.random.random() < 0.95 else _ODD_ENDPOINTS)


def make_input(seed: int, number: int, basic: str, session: str) -> Input:
    """The input of this number; the same arguments always make the same one."""
    random = Random(f"{seed}:{number}")
    make = random.choices(list(_KINDS), list(_KINDS.values()))[0]
    return make(Maker(random, basic, session))


def post(make: Maker, kind: str, body: bytes, headers: list[str]) -> Input:
    """A whole request with this body."""
    head = http_heads.head("POST", make.endpoint(), [*headers, f"Content-Length: {len(body)}"])
    return Input(kind, head + body)


def _right(make: Maker) -> Input:
    message, headers = make.request()
    return post(make, "right", odd_json.write(message), headers)


def _odd(make: Maker) -> Input:
    message, headers = make.request()
    return post(make, "odd", odd_json.write(odd_json.mutate(message, make.random)), headers)


def _batch(make: Maker) -> Input:
    members, headers = [], make.basic()
    for _ in range(make.random.randrange(1, 6)):
        message, _ = make.request()
        odd = make.random.random() < 0.4
        members.append(odd_json.mutate(message, make.random) if odd else message)
    if make.random.random() < 0.1:
        members = odd_json.mutate(members, make.random)
    return post(make, "batch", odd_json.write(members), headers)


def _many(make: Maker) -> Input:
    """More calls in one request than anybody makes."""
    count = make.random.choice([2_000, 20_000, 200_000])
    calls_text = odd_json.Raw(b"[" + b",".join([b'["product_media.types",[4]]'] * count) + b"]")
    message = {"jsonrpc": "2.0", "id": 1, "method": "multiCall", "params": [None, calls_text]}
    return post(make, "many", odd_json.write(message), make.basic())


def _login(make: Maker) -> Input:
    # Names are made up: each failure of a name that exists slows the next one down.
    name = f"user{make.random.randrange(10**9)}"
    message = {"id": 1, "method": "login", "params": [name, "no"]}
    params = odd_json.mutate(odd_json.Members(message.items()), make.random)
    return post(make, "login", odd_json.write(params), [])


def _flipped(make: Maker) -> Input:
    message, headers = make.request()
    return post(make, "flipped", damage(odd_json.write(message), make.random), headers)


def _picture(make: Maker) -> Input:
    random = make.random
    content = damage(random.choice(calls.PICTURES), random)
    data = calls.image_data(random, content)
    if random.random() < 0.1:
        text = text_of(content)
        data["file"]["content"] = random.choice([text[:-1], text + "=", text[:50] + "\n", "=" * 9])
    path = random.choice(
        [["create", "product1", data], ["update", "product1", "/i/m/image.png", data]]
    )
    params = [None, f"product_media.{path[0]}", path[1:]]
    body = odd_json.write({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params})
    return post(make, "picture", body, make.basic())


def _encoded(make: Maker) -> Input:
    message, headers = make.request()
    encoding, body = encode_body(odd_json.write(message), make.random)
    return post(make, "encoded", body, [*headers, f"Content-Encoding: {encoding}"])


def _framed(make: Maker) -> Input:
    message, headers = make.request()
    body = odd_json.write(message)
    raw = http_heads.odd_framing(make.endpoint(), headers, body, make.random)
    return Input("framed", raw)


def _head(make: Maker) -> Input:
    message, headers = make.request()
    raw = http_heads.odd_head(make.endpoint(), headers, odd_json.write(message), make.random)
    return Input("head", raw)


def _media(make: Maker) -> Input:
    return Input("media", http_heads.media(make.random))


def _other(face: Callable[[Random, str], other_faces.Sent]) -> Callable[[Maker], Input]:
    def make(maker: Maker) -> Input:
        method, path, headers, body = face(maker.random, maker.session)
        if maker.random.random() < 0.1:
            body = damage(body, maker.random)
        head = http_heads.head(method, path, [*headers, f"Content-Length: {len(body)}"])
        return Input(face.__name__, head + body)

    return make


def damage(content: bytes, random: Random) -> bytes:
    """The bytes with some of them changed, lost, doubled or in another place."""
    whole = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 5, 30])):
        at = random.randrange(len(whole)) if whole else 0
        length = random.choice([1, 2, 4, 16, 256])
        match random.randrange(6):
            case 0:
                del whole[at : at + length]
            case 1:
                whole[at:at] = random.randbytes(length)
            case 2:
                whole[at:at] = whole[at : at + length]
            case 3:
                del whole[at:]
            case 4:
                whole[at : at + 4] = random.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"])
            case _:
                whole[at : at + 1] = bytes([random.randrange(256)])
    return bytes(whole)


_KINDS: dict[Callable[[Maker], Input], float] = {
    **{_right: 10, _odd: 30, _batch: 10, _login: 2, _flipped: 10, _picture: 15},
    **{_many: 0.2, _encoded: 4, _framed: 6, _head: 6, _media: 7},
    **{_other(other_faces.xmlrpc): 20, _other(other_faces.soap): 20},
    **{_other(other_faces.rest): 20, _other(other_faces.oauth): 5},
}
