"""Keeps other sites out of the console, and tells browsers what its pages may do.

Any site can make the user's browser send a request to 127.0.0.1, and a name that is made to mean 127.0.0.1 (DNS
rebinding) even lets it read the answer. So:

- `Host` must be this server's own address;
- a browser that says where a request comes from (`Sec-Fetch-Site`) must not say another site, but for a link that was
  followed to a page;
- whatever is not GET or HEAD must come from the console's own origin and carry the token, made anew at each start, that
  its pages have and no other site can read.

Pages load nothing from elsewhere, run no inline script and are shown in no frame.

**Left out:** programs on this machine, which may do what the user may. Cookies: there are none, so nobody is logged on
and nothing can be done in anybody's name.

https://fetch.spec.whatwg.org/#http-origin, https://www.w3.org/TR/fetch-metadata/, https://www.w3.org/TR/CSP3/
"""

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "X-Console-Token"  # noqa: S105 - the header's name
READS = ("GET", "HEAD")

_OWN = ("same-origin", "none")
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def new_token() -> str:
    """A token for the pages of one start."""
    return secrets.token_urlsafe(32)


def refusal(method: str, headers: Headers, port: int, token: str) -> str | None:
    """Why a request is not to be served, or None."""
    host = headers.get("host", "").lower()
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return f"The console does not answer for the host {host!r}. Use http://127.0.0.1:{port}."
    if headers.get("sec-fetch-site", "none") not in _OWN and not _follows_a_link(method, headers):
        return "The console does not answer requests that another site's page makes."
    if method in READS:
        return None
    if headers.get("origin") != f"http://{host}":
        return "The console takes actions from its own pages only."
    if not secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), token.encode()):
        return "The console was restarted since this page was loaded. Load it again."
    return None


def _follows_a_link(method: str, headers: Headers) -> bool:
    whole_page = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return method == "GET" and whole_page


class Guard:
    """The middleware. Plain ASGI, as an event stream is not to be gathered up on its way."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app, self._port, self._token = app, port, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; either way with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = refusal(scope["method"], Headers(scope=scope), self._port, self._token)
        answer: ASGIApp = PlainTextResponse(refused, 403) if refused else self._app
        await answer(scope, receive, with_headers)
