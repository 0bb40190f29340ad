"""Glue's operations on databases.

**Left out:**

* Lake Formation: permissions are kept and shown, and nothing enforces them;
* resource links and federated databases (TargetDatabase, FederatedDatabase), which are refused;
* catalogues other than the account's own: there is one.
"""

from amp_sandbox.glue import errors, store
from amp_sandbox.glue.checks import folded, position_of, require_catalog, require_database
from amp_sandbox.glue.shapes import definition, describe_database
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.standins.sqlite import transaction

_UNSUPPORTED = ("DatabaseInput.TargetDatabase", "DatabaseInput.FederatedDatabase")
_PAGE = 100


@operation("glue", "CreateDatabase", refuses=_UNSUPPORTED)
def create_database(ctx: Context, req: Request) -> Answer:
    """Make a database; its name is folded to lower case.

    https://docs.aws.amazon.com/glue/latest/webapi/API_CreateDatabase.html
    """
    require_catalog(ctx, req)
    given = req["DatabaseInput"]
    name = folded(given["Name"])
    try:
        store.create_database(ctx.db, name, definition(given, "Name"), at=ctx.now(), tags=req.get("Tags"))
    except store.ExistsError as error:
        raise errors.already_exists(f"Database {name}") from error
    return {}


@operation("glue", "GetDatabase")
def get_database(ctx: Context, req: Request) -> Answer:
    """Show a database.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetDatabase.html
    """
    return {"Database": describe_database(ctx, require_database(ctx, req, "Name"))}


@operation("glue", "GetDatabases", refuses=["ResourceShareType", "AttributesToGet"])
def get_databases(ctx: Context, req: Request) -> Answer:
    """Show all databases in alphabetical order, a page at a time.

    https://docs.aws.amazon.com/glue/latest/webapi/API_GetDatabases.html
    """
    require_catalog(ctx, req)
    found = store.list_databases(ctx.db, after=position_of(req, str) or "")
    page, token = page_of(found, req.get("MaxResults") or _PAGE, lambda database: database.name)
    return {"DatabaseList": [describe_database(ctx, database) for database in page], **token}


@operation("glue", "UpdateDatabase", refuses=_UNSUPPORTED)
def update_database(ctx: Context, req: Request) -> Answer:
    """Replace a database's definition.

    Left out: another name in DatabaseInput (InvalidInputException).
    https://docs.aws.amazon.com/glue/latest/webapi/API_UpdateDatabase.html
    """
    given = req["DatabaseInput"]
    with transaction(ctx.db):
        database = require_database(ctx, req, "Name")
        if folded(given["Name"]) != database.name:
            raise errors.invalid_input(f"Database {database.name} cannot be renamed to {folded(given['Name'])}.")
        store.update_database(ctx.db, database.id, definition(given, "Name"))
    return {}


@operation("glue", "DeleteDatabase")
def delete_database(ctx: Context, req: Request) -> Answer:
    """Remove a database with its tables and their partitions, at once where AWS takes its time.

    https://docs.aws.amazon.com/glue/latest/webapi/API_DeleteDatabase.html
    """
    store.delete_database(ctx.db, require_database(ctx, req, "Name").id)
    return {}
