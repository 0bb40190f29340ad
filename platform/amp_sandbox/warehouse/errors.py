"""The errors of SQL: each has the SQLSTATE that a client of Redshift acts on.

Everything that goes wrong with a statement is a `SqlError`; the wire and the Data API turn it into theirs.

https://www.postgresql.org/docs/8.0/errcodes-appendix.html lists the codes; Redshift descends from that version.
"""


class SqlError(Exception):
    """A statement failed: SQLSTATE, message, and where known the place in its text (characters, from 1)."""

    def __init__(
        self,
        sqlstate: str,
        message: str,
        *,
        position: int | None = None,
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.position = position
        self.detail = detail
        self.hint = hint

    def __repr__(self) -> str:
        return f"SqlError({self.sqlstate}, {self.message!r})"


def syntax_error(message: str, position: int | None = None) -> SqlError:
    """The statement cannot be read."""
    return SqlError("42601", message, position=position)


def syntax_error_near(token: str, position: int | None = None) -> SqlError:
    """The statement cannot be read from this token on."""
    return syntax_error(f'syntax error at or near "{token:.80}"' if token else "syntax error at end of input", position)


def not_supported(name: str, position: int | None = None) -> SqlError:
    """A statement, clause or option that the warehouse does not have."""
    return SqlError("0A000", f"{name} is not supported", position=position)


def undefined_function(name: str, position: int | None = None) -> SqlError:
    """A function that is not in the list. Functions that Redshift has and the warehouse lacks are not told apart."""
    return SqlError(
        "42883",
        f"function {name} does not exist",
        position=position,
        hint="The functions there are: docs/reference/warehouse-sql.md",
    )


def insufficient_privilege(kind: str, name: str) -> SqlError:
    """No privilege on an object; kind is relation, schema, database, function or language."""
    return SqlError("42501", f"permission denied for {kind} {name}")


def must_be_owner(kind: str, name: str) -> SqlError:
    """Only the owner or a superuser may do this."""
    return SqlError("42501", f"must be owner of {kind} {name}")


def must_be_superuser(action: str) -> SqlError:
    """Only a superuser may do this; action is such as `create users`."""
    return SqlError("42501", f"must be superuser to {action}")


def undefined_table(name: str, position: int | None = None) -> SqlError:
    """There is no such table or view."""
    return SqlError("42P01", f'relation "{name}" does not exist', position=position)


def undefined_column(name: str, position: int | None = None) -> SqlError:
    """There is no such column."""
    return SqlError("42703", f'column "{name}" does not exist', position=position)


def undefined_schema(name: str) -> SqlError:
    """There is no such schema."""
    return SqlError("3F000", f'schema "{name}" does not exist')


def undefined_database(name: str) -> SqlError:
    """There is no such database."""
    return SqlError("3D000", f'database "{name}" does not exist')


def undefined_object(kind: str, name: str) -> SqlError:
    """There is no such user, group, setting or other object."""
    return SqlError("42704", f'{kind} "{name}" does not exist')


def undefined_cursor(name: str) -> SqlError:
    """There is no such cursor."""
    return SqlError("34000", f'cursor "{name}" does not exist')


def undefined_statement(name: str) -> SqlError:
    """There is no such prepared statement."""
    return SqlError("26000", f'prepared statement "{name}" does not exist')


def duplicate_table(name: str) -> SqlError:
    """The table or view is there already."""
    return SqlError("42P07", f'relation "{name}" already exists')


def duplicate_schema(name: str) -> SqlError:
    """The schema is there already."""
    return SqlError("42P06", f'schema "{name}" already exists')


def duplicate_object(kind: str, name: str) -> SqlError:
    """The user, group or other object is there already."""
    return SqlError("42710", f'{kind} "{name}" already exists')


def duplicate_column(name: str) -> SqlError:
    """The column is there already."""
    return SqlError("42701", f'column "{name}" specified more than once')


def wrong_object_type(message: str) -> SqlError:
    """The object is of another kind than the statement needs."""
    return SqlError("42809", message)


def dependent_objects(kind: str, name: str, detail: str) -> SqlError:
    """The object cannot be dropped, as others need it."""
    return SqlError(
        "2BP01",
        f"cannot drop {kind} {name} because other objects depend on it",
        detail=detail,
        hint="Use DROP ... CASCADE to drop the dependent objects too.",
    )


def invalid_parameter(message: str) -> SqlError:
    """A value is none that the option or setting takes."""
    return SqlError("22023", message)


def string_too_long(kind: str) -> SqlError:
    """A text has more bytes than its column; kind is such as `character varying(5)`."""
    return SqlError("22001", f"value too long for type {kind}")


def not_null_violation(column: str) -> SqlError:
    """A column that is NOT NULL was given NULL."""
    return SqlError("23502", f"null value in column {column} violates not-null constraint")


def invalid_name(message: str) -> SqlError:
    """A name that no object can have."""
    return SqlError("42602", message)


def reserved_name(message: str) -> SqlError:
    """A name that Redshift keeps for itself."""
    return SqlError("42939", message)


def aborted_transaction() -> SqlError:
    """An earlier statement of the transaction failed."""
    return SqlError("25P02", "current transaction is aborted, commands ignored until end of transaction block")


def no_active_transaction(statement: str) -> SqlError:
    """The statement is only allowed in a transaction block."""
    return SqlError("25P01", f"{statement} can only be used in transaction blocks")


def active_transaction(statement: str) -> SqlError:
    """The statement is not allowed in a transaction block."""
    return SqlError("25001", f"{statement} cannot run inside a transaction block")


def serialization_failure(detail: str | None = None) -> SqlError:
    """Another transaction changed the same rows or objects."""
    return SqlError("40001", "Serializable isolation violation on table", detail=detail)


def query_canceled(because: str = "user's request") -> SqlError:
    """The statement was stopped; because is `user's request` or `statement timeout`."""
    return SqlError("57014", f"Query cancelled on {because}")


def too_complex(detail: str) -> SqlError:
    """The statement is nested too deep or has too many parts."""
    return SqlError("54001", "statement is too complex", detail=detail)


def too_long(limit: int) -> SqlError:
    """The statement's text is too long; limit in bytes."""
    return SqlError("54000", f"Statement is too large. Statement Size limit: {limit} bytes.")


def invalid_authorization(message: str) -> SqlError:
    """The user cannot log on."""
    return SqlError("28000", message)


def invalid_password(user: str) -> SqlError:
    """The password is wrong, has expired, or the user is not there."""
    return SqlError("28P01", f'password authentication failed for user "{user}"')


def internal_error() -> SqlError:
    """A fault of the warehouse; the log has the traceback."""
    return SqlError("XX000", "internal error; the warehouse's log says more")
