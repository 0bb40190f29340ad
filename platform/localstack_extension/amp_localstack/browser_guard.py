"""Keeps web pages out of the gateway: whoever reaches it can run code as a Lambda function, and it asks for no secret.

A page of any site can make the user's browser send requests to 127.0.0.1. LocalStack looks at `Origin` and `Referer`,
which a page can leave out of a GET (`/?Action=CreateStack&…` in an image's address), and not at `Host`, by which a
site whose name is made to mean 127.0.0.1 (DNS rebinding) is told. Here both are closed:

- `Host` must be a name of this machine;
- a browser must say (`Sec-Fetch-Site`) that the request is from a page of the gateway itself or typed by the user.

https://fetch.spec.whatwg.org/#http-origin, https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header

**Left out:** programs on this machine, which may do what the user may. Pages of the user's own on other ports: they
are refused too. Browsers that send no Sec-Fetch-Site, as old ones and, to names that need DNS, all: they are refused.
"""

from collections.abc import Mapping

HOSTS = ("127.0.0.1", "localhost", "localhost.localstack.cloud")
_OWN = ("same-origin", "none")
_BROWSER = "Mozilla/"  # how every browser's User-Agent begins; a page cannot change it without asking first


def refusal(headers: Mapping[str, str]) -> str | None:
    """Why a request is not to be served, or None. A request without a Host is LocalStack's own, made in its process."""
    host = headers.get("Host", HOSTS[0]).partition(":")[0].lower()
    if host not in HOSTS and not host.endswith(tuple(f".{name}" for name in HOSTS[1:])):
        return f"The sandbox does not answer for the host {host!r}. Use http://127.0.0.1."
    site = headers.get("Sec-Fetch-Site")
    if site is None and headers.get("User-Agent", "").startswith(_BROWSER):
        return "The browser does not say which site the request is from. Use http://127.0.0.1, and a current browser."
    if site is not None and site not in _OWN:
        return "The sandbox does not answer requests that a web page makes."
    return None
