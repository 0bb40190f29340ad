"""What functions share that work on the warehouse: connections to a Redshift cluster, and SQL made of checked parts."""

from warehouse_client.connection import Endpoint, connect, temporary_connection
from warehouse_client.statements import InvalidNameError, identifier, literal, password_hash

__all__ = [
    "Endpoint",
    "InvalidNameError",
    "connect",
    "identifier",
    "literal",
    "password_hash",
    "temporary_connection",
]
