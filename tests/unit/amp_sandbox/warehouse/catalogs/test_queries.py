"""The queries in `queries/`, as psql 15, drivers and BI tools write them, run and answer what is there.

psql's were taken from its wire, with a server that says it is 8.0.2 as Redshift does; those of redshift_connector and
sqlalchemy-redshift from their code; those of other tools follow what they are known to send.
"""

from pathlib import Path
from typing import Any

import pytest

QUERIES = sorted((Path(__file__).parent / "queries").glob("*.sql"))


def text_of(name: str, oids: dict[str, int]) -> str:
    text = (Path(__file__).parent / "queries" / f"{name}.sql").read_text()
    for relation, oid in oids.items():
        text = text.replace(f"{{{relation}}}", str(oid))
    return text


@pytest.mark.parametrize("name", [path.stem for path in QUERIES])
def test_every_query_runs_for_everybody(asking: Any, name: str) -> None:
    text = text_of(name, asking.oids)
    assert [len(asking.rows(text, user)) >= 0 for user in ("awsuser", "ann")] == [True, True]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("psql_d", [("public", "shows", "table", "awsuser")]),
        ("psql_d_relation", [(0, "r", True, False, True, False, False, False, False, "", 0, "", "p")]),
        (
            "psql_d_indexes",
            [
                (
                    *("orders_pkey", True, True, False, True),
                    "CREATE UNIQUE INDEX orders_pkey ON sales.orders USING btree (id)",
                    *("PRIMARY KEY (id)", "p", False, False, False, 0),
                )
            ],
        ),
        (
            "psql_d_foreign_keys",
            [(True, "lines_fkey1", "FOREIGN KEY (order_id) REFERENCES sales.orders(id)", "sales.lines")],
        ),
        (
            "psql_d_referenced_by",
            [("lines_fkey1", "sales.lines", "FOREIGN KEY (order_id) REFERENCES sales.orders(id)")],
        ),
        ("psql_d_index_columns", [("id", "bigint", "id")]),
        ("psql_d_index", [(True, True, False, True, False, False, False, False, "btree", "orders", None)]),
        ("psql_d_checks", []),
        ("psql_d_triggers", []),
        ("psql_d_parents", []),
        ("psql_d_children", []),
        ("psql_d_plus_viewdef", [("SELECT id, name FROM sales.orders;",)]),
        ("psql_d_plus_rules", []),
        ("psql_dt", [("public", "shows", "table", "awsuser")]),
        ("psql_dt_pattern", [("sales", "lines", "table", "awsuser"), ("sales", "orders", "table", "awsuser")]),
        (
            "psql_dt_plus",
            [
                ("sales", "lines", "table", "awsuser", "permanent", "0 bytes", None),
                ("sales", "orders", "table", "awsuser", "permanent", "0 bytes", "every order"),
            ],
        ),
        ("psql_dn", [("public", "rdsdb"), ("sales", "awsuser"), ("spectrum", "awsuser")]),
        (
            "psql_dn_plus",
            [
                ("public", "rdsdb", "rdsdb=UCDA/rdsdb\n=UC/rdsdb", None),
                ("sales", "awsuser", "awsuser=UCDA/awsuser\ngroup analysts=U/awsuser", None),
                ("spectrum", "awsuser", "awsuser=UCDA/awsuser\nann=U/awsuser", None),
            ],
        ),
        (
            "psql_du",
            [
                ("analysts", False, True, False, False, False, -1, None, "{}", False),
                ("ann", False, True, False, False, True, -1, None, "{analysts}", False),
                ("awsuser", True, True, True, True, True, -1, None, "{}", False),
                ("bob", False, True, False, True, True, -1, None, "{}", False),
                ("rdsdb", True, True, True, True, True, -1, None, "{}", False),
            ],
        ),
        ("psql_l", [("amp", "rdsdb", "UTF8", "C", "C", None, "libc", "rdsdb=CT/rdsdb\n=T/rdsdb")]),
        ("psql_dv", []),
        ("psql_dv_pattern", [("sales", "recent", "view", "awsuser")]),
        ("psql_df", []),
        (
            "psql_dp_pattern",
            [
                ("sales", "lines", "table", None, "id:\n  group analysts=r/awsuser"),
                ("sales", "orders", "table", "awsuser=arwdxDPA/awsuser\nann=r/awsuser", None),
                ("sales", "recent", "view", None, None),
            ],
        ),
        ("psql_ddp", [("awsuser", "sales", "table", "group analysts=r/awsuser")]),
        ("connector_catalogs", [("amp",)]),
        ("connector_catalogs_one_database", [("amp",)]),
        ("connector_schemas", [("sales", "amp")]),
        ("connector_schemas_one_database", [("sales", "amp")]),
        ("connector_primary_keys", [("amp", "sales", "orders", "id", 1, "orders_pkey")]),
        ("connector_procedures", []),
        ("connector_tables_any", [("amp", "sales", "orders", "TABLE", "every order", "", "", "", "", "")]),
        (
            "connector_tables_all",
            [
                ("amp", "sales", "lines", "TABLE", None, "", "", "", "", ""),
                ("amp", "sales", "orders", "TABLE", "every order", "", "", "", "", ""),
                ("amp", "sales", "recent", "VIEW", None, "", "", "", "", ""),
            ],
        ),
        (
            "connector_tables_local_types",
            [("amp", "sales", "orders", "TABLE", "every order", "", "", "", "", "")],
        ),
        (
            "connector_tables_external",
            [("amp", "spectrum", "events", "EXTERNAL TABLE", None, "", "", "", "", "")],
        ),
        ("sqlalchemy_checks", []),
        ("sqlalchemy_has_table", [("shows",)]),
        ("jdbc_tables", [(None, "sales", "lines", "TABLE", None), (None, "sales", "orders", "TABLE", "every order")]),
        ("jdbc_primary_keys", [("sales", "orders", "id", 1, "orders_pkey")]),
        (
            "odbc_tables",
            [("shows", "public", "r"), ("lines", "sales", "r"), ("orders", "sales", "r"), ("recent", "sales", "v")],
        ),
        (
            "metabase_privileges",
            [("public", "shows"), ("sales", "lines"), ("sales", "orders"), ("sales", "recent")],
        ),
        (
            "dbt_relations",
            [
                ("amp", "lines", "sales", "table"),
                ("amp", "orders", "sales", "table"),
                ("amp", "recent", "sales", "view"),
            ],
        ),
        (
            "dbt_columns",
            [
                ("id", "bigint", None, 64, 0),
                ("name", "character varying", 20, None, None),
                ("amount", "numeric", None, 10, 2),
                ("at", "timestamp without time zone", None, None, None),
            ],
        ),
        ("psycopg_type_info", [("int4", 23, 0, "integer", ",")]),
        ("psycopg2_hstore", []),
        (
            "grants_of_a_group",
            [
                ("sales", "lines", "ann", False),
                ("sales", "lines", "bob", False),
                ("sales", "orders", "ann", True),
                ("sales", "orders", "bob", False),
            ],
        ),
        (
            "owned_objects",
            [
                ("public", "shows", "awsuser"),
                ("sales", "lines", "awsuser"),
                ("sales", "orders", "awsuser"),
                ("sales", "recent", "awsuser"),
            ],
        ),
    ],
)
def test_answers_are_what_is_there(asking: Any, name: str, expected: list[tuple[Any, ...]]) -> None:
    assert asking.rows(text_of(name, asking.oids)) == expected


def test_a_user_is_told_what_it_may_read(asking: Any) -> None:
    assert asking.rows(text_of("metabase_privileges", asking.oids), "ann") == [("sales", "orders")]
    assert asking.rows(text_of("metabase_privileges", asking.oids), "bob") == []


def test_columns_are_shown_with_their_types_and_defaults(asking: Any) -> None:
    shown = [row[:4] for row in asking.rows(text_of("psql_d_columns", asking.oids))]
    assert shown == [
        ("id", "bigint", None, True),
        ("name", "character varying(20)", "'x'", True),
        ("amount", "numeric(10,2)", None, False),
        ("at", "timestamp without time zone", None, False),
    ]


def test_comments_are_those_of_their_columns(asking: Any) -> None:
    shown = {row[0]: row[-1] for row in asking.rows(text_of("psql_d_plus_columns", asking.oids))}
    assert shown == {"id": None, "name": "whose", "amount": None, "at": None}


def test_oids_of_names_are_those_of_pg_class(asking: Any) -> None:
    assert asking.rows(text_of("psql_sv_oid", asking.oids)) == [(asking.oids["recent"],)]
    assert asking.rows(text_of("sqlalchemy_oid", asking.oids)) == [(asking.oids["orders"],)]
    assert asking.rows(text_of("psql_d_name", asking.oids)) == [(asking.oids["orders"], "sales", "orders")]


def test_the_connector_is_told_jdbc_types_and_sizes(asking: Any) -> None:
    # java.sql.Types: BIGINT -5, VARCHAR 12, NUMERIC 2, TIMESTAMP 93
    expected = [
        ("id", -5, "int8", 19),
        ("name", 12, "varchar", 20),
        ("amount", 2, "numeric", 10),
        ("at", 93, "timestamp", 29),
    ]
    for query in ("connector_columns_local", "connector_columns_any", "connector_columns_all"):
        assert [row[3:7] for row in asking.rows(text_of(query, asking.oids))] == expected


def test_sqlalchemy_learns_of_keys(asking: Any) -> None:
    rows = asking.rows(text_of("sqlalchemy_constraints", asking.oids))
    assert [row[:8] for row in rows] == [
        (
            "sales",
            "lines",
            "f",
            "lines_fkey1",
            "{2}",
            2,
            "order_id",
            "FOREIGN KEY (order_id) REFERENCES sales.orders(id)",
        ),
        ("sales", "orders", "p", "orders_pkey", "{1}", 1, "id", "PRIMARY KEY (id)"),
    ]


def test_numbers_of_columns_are_sent_as_an_array(asking: Any) -> None:
    # psycopg2 makes a list of OID 1005, which SQLAlchemy looks columns up by.
    columns = dict(asking.columns(text_of("sqlalchemy_constraints", asking.oids)))
    assert columns["conkey"] == "smallint[]"


def test_sqlalchemy_learns_of_columns(asking: Any) -> None:
    rows = asking.rows(text_of("sqlalchemy_columns", asking.oids))
    assert [row[1:9] for row in rows if row[1] == "orders"] == [
        ("orders", "id", "none", "bigint", True, 0, True, None),
        ("orders", "name", "none", "character varying(20)", False, 0, True, "whose"),
        ("orders", "amount", "none", "numeric(10,2)", False, 0, False, None),
        ("orders", "at", "none", "timestamp without time zone", False, 1, False, None),
    ]


def test_sqlalchemy_learns_of_relations(asking: Any) -> None:
    rows = asking.rows(text_of("sqlalchemy_relations", asking.oids))
    assert sorted((row[0], row[4], row[5], row[7]) for row in rows) == [
        ("r", "lines", None, "awsuser"),
        ("r", "orders", "KEY", "awsuser"),
        ("v", "recent", "EVEN", "awsuser"),
    ]
