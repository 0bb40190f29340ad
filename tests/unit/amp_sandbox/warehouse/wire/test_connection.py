"""Statements over the wire, by clients and by bytes."""

import struct
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import errors as pg
from support.fake_warehouse import FakeWarehouse
from support.waiting import eventually
from support.wire_client import FLUSH, SYNC, Raw, bind, describe, dsn, execute, fields, parse

from amp_sandbox.warehouse.wire import portals
from amp_sandbox.warehouse.wire.server import WireServer

Connect = Callable[..., psycopg.Connection[Any]]
NewRaw = Callable[[], Raw]


def kinds(found: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(kind for kind, _ in found)


def test_what_a_client_is_told_at_its_start(connect: Connect) -> None:
    info = connect(application_name="tests").info
    assert info.parameter_status("server_version") == "8.0.2"
    assert info.parameter_status("padb_version")
    assert info.parameter_status("is_superuser") == "off"
    assert info.parameter_status("integer_datetimes") == "on"
    assert info.parameter_status("application_name") == "tests"
    assert info.parameter_status("session_authorization") == "ann"
    assert info.parameter_status("standard_conforming_strings") is None
    assert info.backend_pid > 0


def test_several_statements_in_one_query(connect: Connect) -> None:
    cursor = connect().execute("SELECT 1 AS a; SELECT 2 AS b, NULL AS c; set application_name = 'x'")
    assert cursor.fetchall() == [(1,)]
    assert cursor.nextset()
    assert [column.name for column in cursor.description or ()] == ["b", "c"]
    assert cursor.fetchall() == [(2, None)]
    assert cursor.nextset()
    assert cursor.statusmessage == "SET"
    assert cursor.connection.info.parameter_status("application_name") == "x"


def test_an_empty_query(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    assert kinds(client.query(" ; ")) == b"IZ"


def test_an_error_has_sqlstate_and_position_and_the_connection_goes_on(connect: Connect) -> None:
    connection = connect()
    with pytest.raises(pg.SyntaxError) as raised:
        connection.execute("SELECT FROM WHERE")
    assert raised.value.diag.statement_position == "8"
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_fault_of_the_warehouse_is_answered_without_its_details(connect: Connect) -> None:
    connection = connect()
    with pytest.raises(pg.InternalError_) as raised:
        connection.execute("work")
    assert "a fault of" not in str(raised.value)
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_notices_come_before_the_end_of_their_statement(connect: Connect) -> None:
    connection, heard = connect(), []
    connection.add_notice_handler(lambda told: heard.append((told.severity, told.message_primary)))
    connection.execute("notice hello")
    assert heard == [("NOTICE", "hello")]


def test_a_failed_transaction_takes_nothing_but_its_end(server: WireServer) -> None:
    with psycopg.connect(**dsn(server)) as connection:
        with pytest.raises(pg.SyntaxError):
            connection.execute("nonsense")
        assert connection.info.transaction_status.name == "INERROR"
        with pytest.raises(pg.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.info.transaction_status.name == "INTRANS"


@pytest.mark.parametrize("binary", [False, True])
def test_many_rows_arrive_in_order(connect: Connect, binary: bool) -> None:
    cursor = connect().cursor(binary=binary)
    rows = cursor.execute("SELECT range AS n, 'row ' || range, range % 7 = 0 FROM range(25000)").fetchall()
    assert rows == [(n, f"row {n}", n % 7 == 0) for n in range(25_000)]


def test_parameters_in_text_and_binary(connect: Connect) -> None:
    cursor = connect().execute("SELECT %s + 1, %s, %s", (41, "o'b\\", None))
    assert cursor.fetchone() == (42, "o'b\\", None)
    with connect().cursor() as other:
        assert other.execute("SELECT %b + 1, %t", (41, "x")).fetchone() == (42, "x")


def test_describe_before_execution(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.send(parse("SELECT $1 AS a, 5::BIGINT AS b", "s", 23) + describe("S", "s") + FLUSH)
    found = client.until(b"T")
    assert kinds(found) == b"1tT"
    assert found[1][1] == struct.pack("!hi", 1, 23)
    client.send(bind("p", "s", b"7", formats=(1,)) + describe("P", "p") + execute("p") + SYNC)
    found = client.until(b"Z")
    assert kinds(found) == b"2TDCZ"
    assert found[1][1].endswith(struct.pack("!h", 1))
    assert found[2][1] == struct.pack("!hi", 2, 4) + struct.pack("!i", 7) + struct.pack("!iq", 8, 5)
    client.send(parse("set x = 1") + describe("S") + SYNC)
    assert kinds(client.until(b"Z")) == b"1tnZ"


def test_a_portal_gives_its_rows_in_parts(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.query("begin")
    client.send(parse("SELECT range FROM range(5)") + bind("p") + execute("p", 2) + FLUSH)
    assert kinds(client.until(b"s")) == b"12DDs"
    client.send(execute("p", 2) + FLUSH)
    assert kinds(client.until(b"s")) == b"DDs"
    client.send(execute("p", 2) + execute("p", 2) + SYNC)
    found = client.until(b"Z")
    assert kinds(found) == b"DCCZ"
    assert [body for kind, body in found if kind == b"C"] == [b"SELECT 1\0", b"SELECT 0\0"]


def test_a_portal_goes_on_after_another_statement(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.query("begin")
    client.send(parse("SELECT range FROM range(30000)", "s") + bind("p", "s") + execute("p", 29_998) + FLUSH)
    client.until(b"s")
    assert b"D" in kinds(client.query("SELECT 'other'"))
    client.send(execute("p", 0) + SYNC)
    found = client.until(b"Z")
    assert [body[6:] for kind, body in found if kind == b"D"] == [b"29998", b"29999"]


def test_rows_that_nobody_takes_are_bounded(raw: NewRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portals, "MOST_KEPT", 1000)
    client = raw()
    client.log_on()
    client.query("begin")
    client.send(parse("SELECT range FROM range(30000)") + bind("p") + execute("p", 1) + FLUSH)
    client.until(b"s")
    client.query("SELECT 1")
    client.send(execute("p", 1) + SYNC)
    found = client.until(b"Z")
    assert fields(found[0][1])["C"] == "0A000"


def test_portals_end_with_their_transaction_and_statements_do_not(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.send(parse("SELECT 1", "s") + bind("p", "s") + SYNC + execute("p") + SYNC)
    client.until(b"Z")
    found = client.until(b"Z")
    assert fields(found[0][1])["C"] == "34000"
    client.send(bind("", "s") + execute() + SYNC)
    assert kinds(client.until(b"Z")) == b"2DCZ"


def test_after_an_error_messages_are_skipped_until_sync(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.send(parse("nonsense !") + bind() + execute() + describe("P") + SYNC + parse("SELECT 1") + SYNC)
    assert kinds(client.until(b"Z")) in (b"EZ", b"12EZ")
    assert kinds(client.until(b"Z")) == b"1Z"


@pytest.mark.parametrize(
    ("sent", "sqlstate"),
    [
        (bind("", "missing"), "26000"),
        (bind(), "26000"),
        (execute("missing"), "34000"),
        (describe("P", "missing"), "34000"),
        (describe("S", "missing"), "26000"),
        (parse("SELECT $1", "", 23) + bind(), "08P01"),
        (parse("SELECT $1", "", 23) + bind("", "", b"x"), "22P02"),
        (parse("SELECT 1") + bind("", "", formats=(0, 1, 0)), "08P01"),
        (parse("SELECT 1") + bind("", "", formats=(7,)), "22023"),
        (parse("SELECT 1", "s") + parse("SELECT 1", "s"), "42P05"),
        (parse("SELECT 1") + bind("p") + bind("p"), "42P03"),
        (parse("set a = 1") + bind("p") + execute("p") + execute("p"), "55000"),
    ],
)
def test_misuse_of_names_and_numbers(raw: NewRaw, sent: bytes, sqlstate: str) -> None:
    client = raw()
    client.log_on()
    client.send(sent + SYNC)
    found = client.until(b"Z")
    assert [fields(body)["C"] for kind, body in found if kind == b"E"] == [sqlstate]
    assert b"D" in kinds(client.query("SELECT 1"))


def test_close_frees_a_name(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    close = b"C\0\0\0\x07Ss\0"
    client.send(parse("SELECT 1", "s") + close + parse("SELECT 2", "s") + close + close + SYNC)
    assert kinds(client.until(b"Z")) == b"13133Z"


def test_function_calls_are_refused(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.message(b"F", struct.pack("!ihhh", 1, 0, 0, 0))
    found = client.until(b"Z")
    assert fields(found[0][1])["C"] == "0A000"


def test_copy_messages_outside_of_a_copy_are_ignored(raw: NewRaw) -> None:
    client = raw()
    client.log_on()
    client.message(b"d", b"x")
    client.message(b"c")
    assert b"D" in kinds(client.query("SELECT 1"))


@pytest.mark.parametrize(
    "sent",
    [b"y\0\0\0\x04", b"Q\0\0\0\x01", b"Q\x7f\xff\xff\xff", b"B\0\0\0\x05\0", b"D\0\0\0\x06Xa", b"D\0\0\0\x06Z\0"],
)
def test_what_is_no_protocol_ends_the_connection_and_no_other(raw: NewRaw, connect: Connect, sent: bytes) -> None:
    other, client = connect(), raw()
    client.log_on()
    client.send(sent)
    found = client.until()
    assert (fields(found[0][1])["S"], fields(found[0][1])["C"]) == ("FATAL", "08P01")
    assert found[-1] == (b"", b"")
    assert other.execute("SELECT 1").fetchone() == (1,)


def test_a_session_ends_with_its_connection(connect: Connect, warehouse: FakeWarehouse) -> None:
    connect().close()
    eventually(lambda: [one.closed for one in warehouse.sessions], all, timeout=10, what="the session's end")
