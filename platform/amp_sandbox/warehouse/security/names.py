"""Finding the objects that the statements of the security model name."""

from typing import TYPE_CHECKING

from amp_sandbox.warehouse import errors
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security.model import Model, Object, UserGrants

if TYPE_CHECKING:
    from amp_sandbox.warehouse.session import Session


def find_table(session: "Session", model: Model, name: tuple[str, ...]) -> Object:
    """The table or view of a name of one to three parts; an unqualified one is looked for in the search path."""
    *qualifiers, table = name
    if len(qualifiers) == 2 and qualifiers[0] != session.database:
        raise errors.not_supported(f'cross-database reference to "{".".join(name)}"')
    if not qualifiers:
        for schema in search_path(session):
            found = model.find("table", schema, table)
            if found is not None:
                return found
        raise errors.undefined_table(table)
    within = require_schema(model, qualifiers[-1])
    if within.external:
        raise SqlError("0A000", "Operation not supported on external tables")
    found = model.find("table", within.name, table)
    if found is None:
        raise errors.undefined_table(f"{within.name}.{table}")
    return found


def require_schema(model: Model, name: str) -> Object:
    """The schema of that name."""
    found = model.find("schema", name, name)
    if found is None:
        raise errors.undefined_schema(name)
    return found


def search_path(session: "Session") -> list[str]:
    """The schemas of the session's search path, its own temporary one first."""
    written = session.settings.get("search_path", '"$user", public')
    names = [name.strip().strip('"').lower() for name in written.split(",")]
    return [f"pg_temp_{session.pid}", *(session.user if name == "$user" else name for name in names if name)]


def user_grants(session: "Session") -> UserGrants:
    """What the session's user may do, with the model behind it."""
    grants = session.grants()
    if not isinstance(grants, UserGrants):
        raise TypeError(f"not the security model's grants: {type(grants)}")
    return grants
