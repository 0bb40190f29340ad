"""Statements that make, change and drop schemas, tables and views.

DuckDB has the tables; `amp_sys` has what Redshift knows about them. Both change in one transaction.
"""

from amp_sandbox.warehouse.ddl.create import create_table, create_table_as, read_definition
from amp_sandbox.warehouse.ddl.drop import drop_all_temporary, drop_temporary

__all__ = ["create_table", "create_table_as", "drop_all_temporary", "drop_temporary", "read_definition"]
