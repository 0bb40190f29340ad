"""A session: one user's statements, one at a time, on a DuckDB connection of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from amp_sandbox.warehouse.security.interface import Grants
from amp_sandbox.warehouse.types import Column, RedshiftType, Result

if TYPE_CHECKING:
    from amp_sandbox.warehouse.engine import Warehouse

Status = Literal["I", "T", "E"]


@dataclass(frozen=True)
class Notice:
    """A message beside the result; severity is NOTICE, WARNING or INFO."""

    severity: str
    message: str
    sqlstate: str = "00000"


@dataclass(frozen=True)
class Prepared:
    """A statement that has been read and may be run, many times.

    `parameters` are the types of $1, $2 …; `columns` those of its rows, None when it answers none. Values for `execute`
    are Python's, of these types (see `types`), or text, which is read as the type is.
    """

    text: str
    parameters: tuple[RedshiftType, ...]
    columns: tuple[Column, ...] | None
    empty: bool = False  # nothing but blanks and comments


class Session:
    """Runs statements for one user. Not for use by several threads, except `cancel`.

    `db` is the session's DuckDB connection, for the security model and the catalogs, which are trusted with it.
    """

    user: str  # current_user; SET SESSION AUTHORIZATION changes it
    session_user: str  # who logged on
    database: str
    pid: int
    db: Any
    settings: dict[str, str]  # search_path, client_encoding, datestyle, query_group, application_name, …
    notices: list[Notice]  # the caller takes them away after each statement
    warehouse: "Warehouse"

    @property
    def transaction_status(self) -> Status:
        """I: no transaction block; T: in one; E: in one that failed."""
        raise NotImplementedError

    def prepare(self, sql: str, parameter_oids: Sequence[int] = ()) -> Prepared:
        """Read one statement and decide on it. OID 0 (or none) means: find out the type. Raises SqlError."""
        raise NotImplementedError

    def execute(self, prepared: Prepared, parameters: Sequence[object] = ()) -> Result:
        """Run it. What it may do is decided again when grants or objects have changed since. Raises SqlError.

        The result must be read to its end or closed before the next statement; the next statement closes it otherwise.
        Reading rows may raise SqlError too. In a transaction block, any error makes the status E.
        """
        raise NotImplementedError

    def run_script(self, sql: str, each: "Callable[[Result], None]") -> None:
        """Run the statements of a text one after the other and hand each result to `each`, which reads it.

        As PostgreSQL's simple protocol: outside of a block they are one transaction, unless the text has BEGIN or
        COMMIT itself; the first error ends it. An empty text has no result.
        """
        raise NotImplementedError

    def cancel(self) -> None:
        """Stop the statement that runs, from another thread; it fails with 57014. Nothing happens if none runs."""
        raise NotImplementedError

    def close(self) -> None:
        """Roll back, drop temporary tables, give up the connection. Safe twice."""
        raise NotImplementedError

    def grants(self) -> Grants:
        """What the session's user may do, as of the transaction."""
        raise NotImplementedError

    def changed(self) -> None:
        """Say that users, grants or objects have been changed in this transaction: nothing cached about them holds."""
        raise NotImplementedError

    def notice(self, message: str, severity: str = "NOTICE", sqlstate: str = "00000") -> None:
        """Add a notice."""
        self.notices.append(Notice(severity, message, sqlstate))
