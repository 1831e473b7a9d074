"""The pages on which somebody lets a program act in their name: plain HTML, no script, no style."""

from html import escape
from urllib.parse import urlsplit

from aiohttp import web

from rpcmedia.operations.oauth import OUT_OF_BAND
from rpcmedia.operations.ports import Consumer, Token

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""

_QUESTION = """<p><strong>{consumer}</strong> asks to act in your name: to do what you may do here,
until its token is revoked.</p>
<p>{answer_goes}</p>
<p>{problem}</p>
<form method="post" action="?">
<input type="hidden" name="oauth_token" value="{token}">
<p><label>User name <input name="username" autocomplete="username"></label></p>
<p><label>API key <input name="key" type="password" autocomplete="current-password"></label></p>
<p><button name="answer" value="allow">Allow</button>
<button name="answer" value="deny">Deny</button></p>
</form>"""


def question(
    consumer: Consumer, token: Token, problem: str = "", status: int = 200
) -> web.Response:
    """The page that asks, after an answer that was refused once more with the problem."""
    place = "" if token.callback == OUT_OF_BAND else _origin(token.callback)
    content = _QUESTION.format(
        consumer=escape(consumer.name or consumer.key),
        answer_goes=f"Your answer goes to {escape(place)}." if place else "",
        problem=escape(problem),
        token=escape(token.token),
    )
    # Browsers hold a redirect after a form against the policy too.
    return _page("Allow access?", content, status, forms_go_to=f"'self' {place}".rstrip())


def verifier(consumer: Consumer, text: str) -> web.Response:
    """The page of a program without an address: somebody copies the verifier."""
    name = escape(consumer.name or consumer.key)
    content = (
        f"<p>Give this code to <strong>{name}</strong>:</p>\n<p><code>{escape(text)}</code></p>"
    )
    return _page("Access allowed", content)


def message(title: str, text: str, status: int = 200) -> web.Response:
    """A page that only says something."""
    return _page(title, f"<p>{escape(text)}</p>", status)


def redirect(callback: str, query: str) -> web.Response:
    """The way back to the program, with the answer as part of its address."""
    mark = "&" if "?" in callback else "?"
    location = f"{callback}{mark}{query}"
    return web.Response(status=303, headers={"Location": location, **_headers("'none'")})


def _origin(callback: str) -> str:
    parts = urlsplit(callback)
    return f"{parts.scheme}://{parts.netloc}"


def _page(title: str, content: str, status: int = 200, forms_go_to: str = "'none'") -> web.Response:
    text = _PAGE.format(title=escape(title), content=content)
    headers = _headers(forms_go_to)
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def _headers(forms_go_to: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action {forms_go_to}",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
