"""What the SQL service asks of the catalogs.

The catalogs live in `amp_sandbox.warehouse.catalogs`. They are DuckDB views and macros in the schema `amp_catalog`,
which no statement of a user can name; a statement reaches them by the names below. What depends on the session they
read from DuckDB's variables: `getvariable('amp_user')` (current_user), `'amp_session_user'`, `'amp_database'`,
`'amp_pid'`, `'amp_groups'` (of temporary credentials), `'amp_search_path'` (a list of schema names, `$user` replaced).

`amp_sandbox.warehouse.catalogs` offers:

    install(db) -> None
        Make views and macros, at every start, after `system.install` and `security.install`.
    RELATIONS: Mapping[tuple[str, str], Relation]
        By schema (`pg_catalog`, `information_schema`) and name. Unqualified names of `pg_catalog` are found before
        those of the search path. Anyone may read them.
    FUNCTIONS: Mapping[str, Function]
        Redshift's name of a function (no schema; `pg_catalog.f` is the same) and the macro that is it:
        `pg_get_userbyid`, `format_type`, `has_table_privilege`, `pg_table_is_visible`, `obj_description`, …
"""

from dataclasses import dataclass

from amp_sandbox.warehouse.types import Column, RedshiftType


@dataclass(frozen=True)
class Relation:
    """A catalog's table or view: the DuckDB view in `amp_catalog` that is it, and its columns as Redshift has them."""

    view: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Function:
    """A catalog function: the DuckDB macro in `amp_catalog`, how many arguments it takes, and its type."""

    macro: str
    arguments: range  # range(1, 3): one or two
    type: RedshiftType
