"""`python -m amp_sandbox.warehouse`: serve the warehouse until SIGTERM or SIGINT.

The PostgreSQL wire and Redshift's APIs are one process, because DuckDB's file has one owner. The APIs' server starts
and stops the rest; what was committed is in the database's file, and the next start goes on from there.
"""

import logging

import uvicorn

from amp_sandbox.redshift import service as redshift
from amp_sandbox.redshift_data import service as redshift_data
from amp_sandbox.settings import load_settings
from amp_sandbox.standins.app import create_app
from amp_sandbox.warehouse.engine import Warehouse
from amp_sandbox.warehouse.external.glue import of_sandbox
from amp_sandbox.warehouse.host import Host, options

# How long a request under way may hold up a stop.
_STOP_SECONDS = 5


def main() -> None:
    """Open the database and the stores, and serve them."""
    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
    )
    host = Host(
        options(settings),
        settings.warehouse_port,
        address=settings.listen_address,
        make=lambda given: Warehouse(given, external=of_sandbox(settings)),
    )
    runner = redshift_data.make_runner(settings, host)
    uvicorn.run(
        create_app([redshift.open_service(settings, host, runner), redshift_data.open_service(settings, host, runner)]),
        host=settings.listen_address,
        port=settings.warehouse_api_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
