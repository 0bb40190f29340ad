"""The Data API's operations on statements.

**Left out:** EventBridge events (WithEvent) and serverless workgroups (WorkgroupName), refused by name.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.redshift_data import errors, store
from amp_sandbox.redshift_data.pages import position_of
from amp_sandbox.redshift_data.parameters import positional, require_used
from amp_sandbox.redshift_data.runner import MOST_ACTIVE, Task
from amp_sandbox.redshift_data.store import Statement
from amp_sandbox.redshift_data.targets import Target, target_of
from amp_sandbox.warehouse.context import runner_of

_REFUSED = ("WithEvent", "WorkgroupName")
_MOST_SQL = 100_000  # bytes of one statement
_PAGE = 100


@operation("redshift-data", "ExecuteStatement", refuses=_REFUSED)
def execute_statement(ctx: Context, req: Request) -> Answer:
    """Run a statement; its parameters are bound as text, which is read as the type that the statement needs there.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ExecuteStatement.html
    """
    return _submit(ctx, req, [req["Sql"]], batch=False)


@operation("redshift-data", "BatchExecuteStatement", refuses=_REFUSED)
def batch_execute_statement(ctx: Context, req: Request) -> Answer:
    """Run statements one after the other in one transaction, or with AUTO_COMMIT in one each.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_BatchExecuteStatement.html
    """
    return _submit(ctx, req, req["Sqls"], batch=True)


@operation("redshift-data", "DescribeStatement")
def describe_statement(ctx: Context, req: Request) -> Answer:
    """Show how far a statement or batch is, and what it answered.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html
    """
    _wait(ctx, req)
    statement = require_statement(ctx, req["Id"])
    parts = store.parts(ctx.db, statement.id)
    request = statement.request or _parent(ctx, statement).request
    shown = {
        **_facts(statement),
        **request["target"],
        "ResultFormat": request["format"],
        "RedshiftPid": statement.pid or 0,
        "RedshiftQueryId": -1 if parts else statement.number,
        "SessionId": request.get("session"),
        "ExecutionMode": request.get("mode"),
        "QueryParameters": [{"name": key, "value": value} for key, value in request["parameters"].items()] or None,
        "SubStatements": [_facts(part) for part in parts] or None,
    }
    if parts:
        shown["HasResultSet"] = any(part.columns is not None for part in parts)
        shown.pop("QueryString")
    return {name: value for name, value in shown.items() if value is not None}


@operation("redshift-data", "ListStatements", refuses=["WorkgroupName"])
def list_statements(ctx: Context, req: Request) -> Answer:
    """Show statements and batches, the newest first; those that finished, unless a status is asked for.

    Left out: RoleLevel (false is refused): statements of all callers are shown, as nobody's signature is checked.
    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListStatements.html
    """
    if req.get("RoleLevel") is False:
        raise errors.invalid("RoleLevel cannot be false here: callers are not told apart.")
    found = store.latest(ctx.db, position_of(req, int))
    page, token = page_of(
        iter([one for one in found if _is_asked_for(one, req)]), req.get("MaxResults") or _PAGE, _number
    )
    return {"Statements": [_listed(ctx, one) for one in page], **token}


@operation("redshift-data", "CancelStatement")
def cancel_statement(ctx: Context, req: Request) -> Answer:
    """Abort a statement or a batch that has not finished.

    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_CancelStatement.html
    """
    statement = require_statement(ctx, req["Id"])
    if statement.parent is not None:
        raise errors.invalid("A statement of a batch cannot be cancelled: cancel the batch.")
    if not runner_of(ctx).cancel(statement.id):
        status = require_statement(ctx, statement.id).status
        raise errors.invalid(f"Could not cancel a query that is already in {status} state with ID: {statement.id}")
    return {"Status": True}


def require_statement(ctx: Context, name: str) -> Statement:
    """The statement, batch or statement of a batch with that id."""
    statement = store.get(ctx.db, name)
    if statement is None:
        raise errors.not_found(f"Query {name}")
    return statement


def _submit(ctx: Context, req: Request, sqls: Sequence[str], *, batch: bool) -> Answer:
    given = _parameters(req)
    for sql in sqls:
        if not sql.strip():
            raise errors.invalid("A statement is empty.")
        if len(sql.encode()) > _MOST_SQL:
            raise errors.invalid(f"A statement has at most {_MOST_SQL} bytes.")
    require_used(sqls, given)
    bound = tuple((text, tuple(values)) for text, values in (positional(sql, given) for sql in sqls))
    if store.count_unfinished(ctx.db) >= MOST_ACTIVE:
        raise errors.active_statements_exceeded(MOST_ACTIVE)
    runner, name = runner_of(ctx), str(uuid.uuid4())
    earlier = _earlier(ctx, req)
    if earlier is not None:
        return _answer(ctx, earlier)
    target, session = _where(ctx, req)
    form, mode = req.get("ResultFormat") or "JSON", req.get("ExecutionMode") or ("TRANSACTION" if batch else None)
    request = {
        "target": target.shown(),
        "format": form,
        "name": req.get("StatementName"),
        "parameters": given,
        "session": session,
        "mode": mode,
    }
    stored = store.add(ctx.db, name, sqls, request, batch=batch, token=req.get("ClientToken"), at=ctx.now())
    if stored == name:
        runner.submit(Task(name, target, bound, batch, mode == "TRANSACTION", form, session))
    elif session is not None:
        runner.release_session(session)
    if req.get("WaitTimeSeconds"):
        runner.wait(stored, req["WaitTimeSeconds"])
    return _answer(ctx, require_statement(ctx, stored), waited=bool(req.get("WaitTimeSeconds")))


def _earlier(ctx: Context, req: Request) -> Statement | None:
    """The statement that an earlier request with the same token made."""
    token = req.get("ClientToken")
    found = store.by_token(ctx.db, token) if token else None
    return None if found is None else require_statement(ctx, found)


def _where(ctx: Context, req: Request) -> tuple[Target, str | None]:
    """Whom to run as, and the kept session to run in, if one is asked for."""
    runner, session, seconds = runner_of(ctx), req.get("SessionId"), req.get("SessionKeepAliveSeconds")
    if session:
        if any(req.get(name) for name in ("ClusterIdentifier", "Database", "DbUser", "SecretArn")):
            raise errors.invalid("SessionId says where to run: give no cluster, database, user or secret with it.")
        return runner.take_session(session, seconds), session
    target = target_of(ctx, req)
    return target, runner.keep_session(target, seconds) if seconds else None


def _answer(ctx: Context, statement: Statement, *, waited: bool = False) -> Answer:
    request = statement.request
    answer: dict[str, Any] = {
        "Id": statement.id,
        "CreatedAt": statement.created_at,
        **request["target"],
        "SessionId": request.get("session"),
    }
    if waited:
        answer |= {"Status": statement.status, "HasResultSet": statement.columns is not None}
    return {name: value for name, value in answer.items() if value is not None}


def _wait(ctx: Context, req: Request) -> None:
    if req.get("WaitTimeSeconds"):
        runner_of(ctx).wait(req["Id"], req["WaitTimeSeconds"])


def _parameters(req: Request) -> dict[str, str]:
    given: dict[str, str] = {}
    for parameter in req.get("Parameters") or []:
        if parameter["name"] in given:
            raise errors.invalid(f"The parameter {parameter['name']} is given twice.")
        given[parameter["name"]] = parameter["value"]
    return given


def _parent(ctx: Context, statement: Statement) -> Statement:
    return require_statement(ctx, statement.parent or "")


def _facts(statement: Statement) -> dict[str, Any]:
    """What AWS shows of a statement, in a batch or not."""
    facts = {
        "Id": statement.id,
        "QueryString": statement.sql,
        "Status": statement.status,
        "Error": statement.error,
        "CreatedAt": statement.created_at,
        "UpdatedAt": statement.updated_at,
        "Duration": -1 if statement.duration is None else statement.duration,
        "ResultRows": -1 if statement.rows is None else statement.rows,
        "ResultSize": -1 if statement.size is None else statement.size,
        "RedshiftQueryId": statement.number,
        "HasResultSet": statement.columns is not None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _listed(ctx: Context, statement: Statement) -> dict[str, Any]:
    parts = store.parts(ctx.db, statement.id)
    request = statement.request
    shown = {
        "Id": statement.id,
        "QueryString": statement.sql if not parts else None,
        "QueryStrings": [part.sql for part in parts] or None,
        "SecretArn": request["target"].get("SecretArn"),
        "Status": statement.status,
        "StatementName": request.get("name"),
        "CreatedAt": statement.created_at,
        "UpdatedAt": statement.updated_at,
        "QueryParameters": [{"name": key, "value": value} for key, value in request["parameters"].items()] or None,
        "IsBatchStatement": bool(parts),
        "ResultFormat": request["format"],
        "SessionId": request.get("session"),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _is_asked_for(statement: Statement, req: Request) -> bool:
    request: Mapping[str, Any] = statement.request
    target = request["target"]
    # "The default is to show finished statements": https://docs.aws.amazon.com/cli/latest/reference/redshift-data/
    status = req.get("Status") or "FINISHED"
    return (
        status in ("ALL", statement.status)
        and (request.get("name") or "").startswith(req.get("StatementName") or "")
        and (req.get("Database") or target["Database"]) == target["Database"]
        and (req.get("ClusterIdentifier") or target.get("ClusterIdentifier")) == target.get("ClusterIdentifier")
    )


def _number(statement: Statement) -> int:
    return statement.number
