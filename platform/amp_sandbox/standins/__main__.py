"""`python -m amp_sandbox.standins`: serve the stand-ins until SIGTERM or SIGINT.

Nothing is drained on the way out: what is not delivered yet is in the stores, and the next start goes on
from there.
"""

import logging

import uvicorn

from amp_sandbox.emr_containers import service as emr_containers
from amp_sandbox.firehose import service as firehose
from amp_sandbox.glue import service as glue
from amp_sandbox.mwaa import service as mwaa
from amp_sandbox.settings import load_settings
from amp_sandbox.standins.app import create_app

# How long a request under way may hold up a stop.
_STOP_SECONDS = 5


def main() -> None:
    """Open the services' stores and serve them."""
    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
    )
    uvicorn.run(
        create_app([service.open_service(settings) for service in (firehose, glue, emr_containers, mwaa)]),
        host=settings.listen_address,
        port=settings.standins_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
