"""Requests in XML-RPC, SOAP, REST and for OAuth: right ones, and ways to make each of them odd."""

import base64
from collections.abc import Callable, Sequence
from html import escape
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from tests.fuzz import calls, odd_json

CONSUMER, TOKEN = "fuzzconsumer".ljust(32, "0"), "fuzztoken".ljust(32, "0")
SECRET = "fuzzsecret".ljust(32, "0")
CREDENTIALS = {
    "consumers": [{"key": CONSUMER, "secret": SECRET}],
    "tokens": [
        {
            **{"token": TOKEN, "secret": SECRET, "consumer": CONSUMER, "kind": "access"},
            **{"role": "admin", "permissions": ["all"]},
        }
    ],
}
"""The member `oauth` of a catalog, for whoever signs requests here."""

XMLRPC = ("/api/xmlrpc", "/api/xmlrpc/", "/index.php/api/xmlrpc", "/api.php?type=xmlrpc")
SOAP_V1 = ("/api/soap", "/api/", "/index.php/api/soap/index", "/api.php?type=soap")
SOAP_V2 = ("/api/v2_soap", "/index.php/api/v2_soap", "/api.php?type=v2_soap")
REST = "/api/rest"
_OAUTH = ("/oauth/initiate", "/oauth/authorize", "/oauth/token", "/admin/oauth_authorize")

_TOKENS = (
    *("<value>", "</value>", "<nil/>", "<array/>", "<array><data/></array>", "<struct/>", "<x:y/>"),
    *(
        "<struct><member><name>a</name></member></struct>",
        "<int>9e99</int>",
        "<int/>",
        "<a b='c'/>",
    ),
    *("<base64>!</base64>", "<base64>/9j/</base64>", "<double>-1e400</double>", "<i8>-</i8>"),
    *("<boolean>2</boolean>", "<dateTime.iso8601>x</dateTime.iso8601>", "<!-- - -->", "<?a b?>"),
    *(
        "<![CDATA[]]>",
        "]]>",
        "&#0;",
        "&#xD;",
        "&#x1F600;",
        "&lt;",
        "&nosuch;",
        "&",
        "<",
        "\0",
        "\xff",
    ),
    *("<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]>"),
    *(
        "<item><key/><value/></item>",
        "<key>a</key>",
        "<v href='#a'/>",
        "<v id='a'/>",
        "<v href='x'/>",
    ),
    *(
        " xsi:nil='true'",
        " xsi:type='xsd:base64Binary'",
        " xsi:type='xsd:int'",
        " href='#a' id='a'",
    ),
    *(" SOAP-ENC:arrayType='xsd:string[9]'", " xsi:type='no:thing'", " xmlns='urn:x'", "😀", "ü"),
    *("<a>" * 99, "<a>" * 101 + "</a>" * 101, "<a " + "b='" * 50, " " * 3000, "9" * 3000),
)
_HEADS = (
    *('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', "", "", "\ufeff", " "),
    *('<?xml version="1.1"?>', '<?xml version="1.0" encoding="utf-7"?>', "<!DOCTYPE a>"),
    '<?xml version="1.0" encoding="no-such"?>',
)
_V1_ARGUMENTS = {
    "call": ("resourcePath", "args"),
    "multiCall": ("calls", "options"),
    "resources": (),
    "globalFaults": (),
    "resourceFaults": ("resourceName",),
}
_V2_ARGUMENTS = {
    "CurrentStore": ("storeView",),
    "List": ("product", "storeView", "identifierType"),
    "Info": ("product", "file", "storeView", "identifierType"),
    "Types": ("setId",),
    "Create": ("product", "data", "storeView", "identifierType"),
    "Update": ("product", "file", "data", "storeView", "identifierType"),
    "Remove": ("product", "file", "identifierType"),
}
_ENVELOPE = (
    '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="urn:OpenMage"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:m="http://xml.apache.org/xml-soap"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/">{}<E:Body>{}</E:Body></E:Envelope>'
)

Sent = tuple[str, str, list[str], bytes]
"""Method, path, headers and body."""


def xmlrpc(random: Random, session: str) -> Sent:
    """A call in XML-RPC."""
    message = calls.request(random, session)
    method, params = message["method"], message["params"]
    given = list(params.values()) if isinstance(params, dict) else params
    members = [{"methodName": method, "params": given}] * 3
    if random.random() < 0.1:
        method, given = "system.multicall", [members]
    elif random.random() < 0.05:
        method, given = random.choice(["system.listMethods", "system.methodHelp"]), given[:1]
    params_text = "".join(f"<param>{_xmlrpc_value(value, random)}</param>" for value in given)
    text = f"<methodName>{method}</methodName><params>{params_text}</params>"
    body = _written(f"<methodCall>{text}</methodCall>", random)
    return "POST", random.choice(XMLRPC), [], body


def _xmlrpc_value(value: Any, random: Random) -> str:
    match value:
        case None:
            typed = "<nil/>"
        case bool():
            typed = f"<boolean>{value:d}</boolean>"
        case int():
            typed = _tag(random.choice(["int", "i4", "i8", "string", "double"]), str(value))
        case dict():
            members = (
                f"<member><name>{escape(str(name))}</name>{_xmlrpc_value(inner, random)}</member>"
                for name, inner in value.items()
            )
            typed = f"<struct>{''.join(members)}</struct>"
        case list() | tuple():
            items = (_xmlrpc_value(inner, random) for inner in value)
            typed = f"<array><data>{''.join(items)}</data></array>"
        case _ if random.random() < 0.2:
            typed = f"<base64>{base64.b64encode(str(value).encode()).decode()}</base64>"
        case _:
            typed = escape(str(value)) if random.random() < 0.3 else _tag("string", str(value))
    return f"<value>{typed}</value>"


def soap(random: Random, session: str) -> Sent:
    """A call in SOAP, version 1 or 2."""
    operation = random.choice(calls.OPERATIONS)
    given = calls.arguments(operation, random)
    paths: Sequence[str]
    if random.random() < 0.5:
        paths, path = SOAP_V1, f"{random.choice(calls.RESOURCES)}.{operation}"
        name = random.choice(list(_V1_ARGUMENTS))
        values = {"resourcePath": path, "args": given, "calls": [[path, given], path]}
        parts = {part: values.get(part) for part in _V1_ARGUMENTS[name]}
    else:
        paths, end = SOAP_V2, operation[0].upper() + operation[1:]
        names = _V2_ARGUMENTS[end]
        parts = dict(zip(names, given, strict=False))
        name = f"catalogProductAttributeMedia{end}"
    named = {"sessionId": session, **parts}
    content = "".join(_soap_value(part, value, random) for part, value in named.items())
    header = '<E:Header><a E:mustUnderstand="1"/></E:Header>' if random.random() < 0.03 else ""
    text = _ENVELOPE.format(header, f"<n:{name}>{content}</n:{name}>")
    if random.random() < 0.2:
        text = text.replace(
            "schemas.xmlsoap.org/soap/envelope/", "www.w3.org/2003/05/soap-envelope"
        )
    method = "GET" if random.random() < 0.05 else "POST"
    query = random.choice(["?wsdl", "?xsd", "?wsdl=1&x"]) if method == "GET" else ""
    target = random.choice(paths)
    target += query.replace("?", "&") if "?" in target else query
    return method, target, ['SOAPAction: "urn:Action"'], _written(text, random)


def _soap_value(name: str, value: Any, random: Random) -> str:
    match value:
        case None:
            return f'<{name} xsi:nil="true"/>'
        case dict() if random.random() < 0.7:
            items = (
                f"<item>{_tag('key', str(key))}{_soap_value('value', inner, random)}</item>"
                for key, inner in value.items()
            )
            return f'<{name} xsi:type="m:Map">{"".join(items)}</{name}>'
        case dict():
            members = (_soap_value(str(key), inner, random) for key, inner in value.items())
            return f"<{name}>{''.join(members)}</{name}>"
        case list() | tuple():
            items = (_soap_value("item", inner, random) for inner in value)
            own = f' SOAP-ENC:arrayType="xsd:anyType[{len(value)}]" xsi:type="SOAP-ENC:Array"'
            return f"<{name}{own}>{''.join(items)}</{name}>"
        case bool() | int():
            return f'<{name} xsi:type="xsd:int">{int(value)}</{name}>'
        case _:
            return _tag(name, str(value))


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _written(text: str, random: Random) -> bytes:
    """The text as bytes; half of the time with things in it that do not belong there."""
    if random.random() < 0.5:
        for _ in range(random.choice([1, 1, 2, 5])):
            # Behind a tag or within one, where it means something.
            places = [at for at, character in enumerate(text) if character in "<>"] or [0]
            at = random.choice(places) + random.randrange(2)
            text = text[:at] + random.choice(_TOKENS) + text[at:]
    text = random.choice(_HEADS) + text if random.random() < 0.3 else text
    encoding = "utf-16" if random.random() < 0.02 else "utf-8"
    return text.encode(encoding, "surrogatepass")


def rest(random: Random, session: str) -> Sent:
    """A request for images, of an admin or of a guest."""
    parts = [random.choice(["1", "product1", "2", "3", "99", "1abc", "%201", "", "a%2fb", "%ff"])]
    parts.append("images" if random.random() < 0.97 else "image")
    if random.random() < 0.6:
        parts.append(random.choice(["1", "2", "3", "01", "1.9", "-1", "9" * 30, "x", "%00"]))
    if random.random() < 0.3:
        parts += ["store", random.choice(["0", "1", "german", "GERMAN", "1.0", "", "%F0%9F%98%80"])]
    query = random.choice(["", "", "", "?attrs=id,url", "?attrs=", "?attrs[]=1&limit=-1", "?%ff"])
    method = random.choices(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"], [4, 6, 6, 2, 1, 1])[
        0
    ]
    data = {} if random.random() < 0.1 else _image(random)
    mime, body = random.choice(_BODIES)(data, random)
    headers = [f"Content-Type: {mime}" if random.random() < 0.95 else "Content-Type: text/json"]
    headers += [f"Accept: {random.choice(_ACCEPT)}"] if random.random() < 0.8 else []
    headers += ["Version: 0"] if random.random() < 0.02 else []
    headers += [authorization(random)] if random.random() < 0.9 else []
    return method, f"{REST}/products/{'/'.join(parts)}{query}", headers, body


_ACCEPT = (
    *(
        "application/json",
        "text/xml",
        "*/*",
        "text/plain",
        "image/png",
        "application/json;q=x",
        ",",
    ),
    *("text/html,application/xml;q=0.9,*/*;q=0.8", ",", "*/*;q=" + "9" * 400, "\xff"),
)


def _image(random: Random) -> dict[str, Any]:
    data = calls.image_data(random)
    file = data.pop("file")
    if random.random() < 0.7:
        data |= {"file_mime_type": file["mime"], "file_content": file["content"]}
        data["file_name"] = file.get("name", "image")
    return data


def _as_json(data: dict[str, Any], random: Random) -> tuple[str, bytes]:
    value = odd_json.Members(data.items())
    odd = random.random() < 0.5
    return "application/json", odd_json.write(odd_json.mutate(value, random) if odd else value)


def _as_xml(data: dict[str, Any], random: Random) -> tuple[str, bytes]:
    def members(value: Any) -> str:
        match value:
            case dict():
                return "".join(
                    f"<{name}>{members(inner)}</{name}>" for name, inner in value.items()
                )
            case list():
                return "".join(f"<data_item>{members(inner)}</data_item>" for inner in value)
            case _:
                return escape(str(value))

    text = f"<magento_api>{members(data)}</magento_api>"
    return random.choice(["text/xml", "application/xml; charset=utf-8"]), _written(text, random)


def _as_query(data: dict[str, Any], random: Random) -> tuple[str, bytes]:
    types = {f"types[{key}]": value for key, value in enumerate(data.pop("types", []))}
    text = urlencode({**data, **types})
    odd = ("&types[]=a&types[", "&=%", "&a[b][c]=1", "%%%", "&" * 2000, "&position[]=")
    return "text/plain", (text + random.choice(["", "", *odd])).encode()


_BODIES: Sequence[Callable[[dict[str, Any], Random], tuple[str, bytes]]] = (
    *(_as_json, _as_xml, _as_query),
)


def authorization(random: Random) -> str:
    """The header of an admin, mostly; some are signed wrong, and some have parts that are odd."""
    given = {
        "oauth_consumer_key": CONSUMER,
        "oauth_token": TOKEN,
        "oauth_signature_method": "PLAINTEXT",
        "oauth_signature": f"{SECRET}&{SECRET}",
    }
    if random.random() < 0.15:
        name = random.choice([*given, "oauth_version", "oauth_timestamp", "oauth_nonce"])
        given[name] = random.choice(
            ["", "0", "1.0", "HMAC-SHA1", "RSA-SHA1", "é", "x" * 3000, "\0"]
        )
    members = ",".join(f'{name}="{quote(value, safe="")}"' for name, value in given.items())
    odd = ("", "", "", "", "", ',a="b', ",=", ',oauth_token="%zz"', ', realm="a,b"', "\\")
    return f"Authorization: OAuth {members}{random.choice(odd)}"


def oauth(random: Random, session: str) -> Sent:
    """A request on the way to a token, or an answer on the page."""
    form = {
        "oauth_token": random.choice([TOKEN, "x", "", "é" * 50]),
        "oauth_callback": random.choice(["oob", "http://a/", "javascript:x", "http://[", "é"]),
        "oauth_verifier": "x",
        # Names are made up: each failure of a name that exists slows the next one down.
        "username": f"user{random.randrange(10**9)}",
        "key": random.choice(["no", "", "\0", "x" * 2000]),
        "answer": random.choice(["allow", "deny", "x", ""]),
    }
    chosen = {name: value for name, value in form.items() if random.random() < 0.8}
    text = urlencode(chosen) + random.choice(["", "", "&" * 100, "&oauth_token=%ff", "&a=b" * 900])
    headers = ["Content-Type: application/x-www-form-urlencoded"]
    headers += [authorization(random)] if random.random() < 0.7 else []
    path = random.choice(_OAUTH)
    if random.random() < 0.3:
        return "GET", f"{path}?{text}", headers, b""
    return "POST", path, headers, text.encode()
