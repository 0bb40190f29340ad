"""Which names in a statement are tables, and which are those of WITH: a name of WITH is one only where it can be seen.

https://docs.aws.amazon.com/redshift/latest/dg/r_WITH_clause.html
"""

from collections.abc import Iterator

from sqlglot import exp

_None: frozenset[str] = frozenset()


def tables(tree: exp.Expr) -> list[exp.Table]:
    """The nodes that name a table or view, wherever they are, without those that name a query of WITH."""
    found: list[exp.Table] = []
    waiting: list[tuple[exp.Expr, frozenset[str]]] = [(tree, _None)]
    while waiting:
        node, visible = waiting.pop()
        if isinstance(node, exp.Table) and not is_cte(node, visible):
            found.append(node)
        waiting.extend(_children(node, visible))
    return found


def is_cte(node: exp.Table, visible: frozenset[str]) -> bool:
    """Whether the node names one of these queries of WITH."""
    return isinstance(node.this, exp.Identifier) and not node.args.get("db") and node.name.lower() in visible


def _children(node: exp.Expr, visible: frozenset[str]) -> Iterator[tuple[exp.Expr, frozenset[str]]]:
    with_ = node.args.get("with_")
    if isinstance(with_, exp.With):
        recursive = bool(with_.args.get("recursive"))
        for cte in with_.expressions:
            name = cte.alias_or_name.lower()
            yield cte.this, visible | {name} if recursive else visible
            visible = visible | {name}
    for child in node.iter_expressions():
        if child is not with_ and not isinstance(child, exp.Into):  # INTO names a table to be made
            yield child, visible
