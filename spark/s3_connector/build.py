"""Build amp-s3-connector.jar from src/: the same sources and compiler release give the same bytes, on any machine.

Needs the `javac` of a JDK 17, and the spark environment, whose jars hold Hadoop's classes.

**Left out:** Maven or any other dependency: the connector uses the JDK and what Spark brings.
"""

import argparse
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
JAR = HERE / "amp-s3-connector.jar"
JARS = "hadoop-client-api-*.jar", "slf4j-api-*.jar"
SPARK_JARS = HERE.parents[1] / ".envs/spark/lib/python3.11/site-packages/pyspark/jars"
TIME = (1980, 1, 1, 0, 0, 0)
MANIFEST = "Manifest-Version: 1.0\r\nAutomatic-Module-Name: amp.s3\r\n\r\n"


def build(output: Path, javac: str = "javac") -> None:
    """Compile every source and write the jar: entries sorted, stored, with one fixed time."""
    sources = sorted(str(path) for path in (HERE / "src").rglob("*.java"))
    classpath = [str(path) for pattern in JARS for path in sorted(SPARK_JARS.glob(pattern))]
    if len(classpath) != len(JARS):
        raise SystemExit(f"Hadoop's jars are not in {SPARK_JARS}: run `make setup`.")
    with tempfile.TemporaryDirectory() as folder:
        options = [
            "--release",
            "17",
            "-g:source,lines",
            "-proc:none",
            "-Xlint:all,-classfile",
            "-Werror",
            "-encoding",
            "UTF-8",
        ]
        subprocess.run([javac, *options, "-cp", ":".join(classpath), "-d", folder, *sources], check=True)
        entries = {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*.class")}
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as jar:
        jar.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF", TIME), MANIFEST)
        for name, content in sorted(entries.items()):
            jar.writestr(zipfile.ZipInfo(name, TIME), content)


def main() -> None:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description="Build the S3 connector's jar.")
    parser.add_argument("--output", type=Path, default=JAR)
    output = parser.parse_args().output
    if shutil.which("javac") is None:
        raise SystemExit(
            "javac is missing: the jar is built with a JDK 17 (Debian: apt install openjdk-17-jdk-headless)."
        )
    build(output)
    print(f"{output}: {output.stat().st_size} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
