"""LocalStack's own server, listening on the addresses that GATEWAY_LISTEN names and on no other.

LocalStack 4.9.2 drops the host of an IPv4 address and listens on all interfaces, so that everybody on the network
could reach the gateway. Chosen by `GATEWAY_SERVER=named_interface`. Web pages are kept out, see `browser_guard`.

**Left out:** nothing of the server it inherits from; the endpoint's interface is set, and a handler put first.
"""

from typing import Any

from localstack.runtime.server import twisted as localstack_server
from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from twisted.internet import endpoints

from amp_localstack import browser_guard


class NamedInterfacePlugin(RuntimeServerPlugin):
    """The plug-in that LocalStack finds by its name."""

    name = "named_interface"

    def load(self, *_: Any, **__: Any) -> RuntimeServer:
        """Make the server."""
        return NamedInterfaceServer()


class NamedInterfaceServer(localstack_server.TwistedRuntimeServer):
    """Listens on the named hosts alone."""

    def register(self, gateway: Any, listen: Any, ssl_creds: Any = None) -> None:
        """Listen on each host and port; called by LocalStack once, before it runs."""
        gateway.request_handlers.insert(0, _keep_pages_out)
        for address in listen:
            localstack_server.endpoints = _Endpoints(address.host)
            super().register(gateway, [address], ssl_creds)


def _keep_pages_out(chain: Any, context: Any, response: Any) -> None:
    if reason := browser_guard.refusal(context.request.headers):
        response.status_code, response.data = 403, reason
        chain.terminate()


class _Endpoints:
    """Stands in for `twisted.internet.endpoints` where LocalStack makes an endpoint without an interface."""

    TCP6ServerEndpoint = staticmethod(endpoints.TCP6ServerEndpoint)

    def __init__(self, host: str) -> None:
        self._host = host

    def TCP4ServerEndpoint(self, reactor: Any, port: int) -> Any:  # noqa: N802 - twisted's name
        return endpoints.TCP4ServerEndpoint(reactor, port, interface=self._host)
