"""`python -m amp_sandbox.console`: serve the console until SIGTERM or SIGINT."""

import logging

import uvicorn

from amp_sandbox.console.app import create_app
from amp_sandbox.settings import load_settings

# How long an event stream that a browser holds open may hold up a stop.
_STOP_SECONDS = 2


def main() -> None:
    """Serve the console."""
    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
    )
    uvicorn.run(
        create_app(settings),
        host="127.0.0.1",
        port=settings.console_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
