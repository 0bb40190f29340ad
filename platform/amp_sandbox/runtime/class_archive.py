"""Spark's classes as a Java class archive: loaded and verified once, when Spark is installed, not at each start.

Half of the time that a small job runs goes into loading some ten thousand classes, in the driver and again in the
executor; from an archive they are mapped into memory. An archive belongs to one Java and to one class path, both of
which Java checks at each start; where they are not the same any more it starts without, as slow as before.
https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html

**Left out:** the daemons, whose class path is another, and which start once.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.runtime import java, spark

TRAINING = Path(__file__).with_name("class_archive_training.py")
TIMEOUT_SECONDS = 600


def archive(java_home: Path) -> Path:
    """Where the archive for a Java is, whether it was made or not: by the Java, by Spark and by our own classes."""
    program = (java_home / "bin" / "java").resolve()
    [spark_core] = (spark.spark_home() / "jars").glob("spark-core*.jar")
    known = hashlib.sha256(f"{program} {program.stat().st_mtime_ns} {spark_core.name}".encode())
    for ours in (spark.CONNECTOR, TRAINING):
        known.update(ours.read_bytes())
    return paths.environment_python("spark").parents[1] / "classes" / known.hexdigest()[:16] / spark.CLASS_ARCHIVE


def link(java_home: Path, folder: Path) -> None:
    """Have the archive in a JVM's temporary folder, if there is one: `spark.java_options` names it there."""
    here = folder / spark.CLASS_ARCHIVE
    here.unlink(missing_ok=True)
    if java_home.exists() and (made := archive(java_home)).is_file():
        here.symlink_to(made)


def build(java_home: Path) -> bool:
    """Make the archive for a Java, unless it is there; answers whether it was made.

    Raises subprocess.SubprocessError when Java or the job that is watched fails.
    """
    made = archive(java_home)
    if made.is_file():
        return False
    made.parent.mkdir(parents=True, exist_ok=True)
    # Java's own classes are an archive that this one builds on, and that it finds again by its path.
    base = made.with_name("java.jsa")
    base.unlink(missing_ok=True)
    program = str(java_home / "bin" / "java")
    _run([program, *spark.FAST_START.split(), f"-XX:SharedArchiveFile={base}", "-Xshare:dump"], {})
    with tempfile.TemporaryDirectory(prefix="amp-classes-") as work:
        unfinished = made.with_suffix(".part")
        unfinished.unlink(missing_ok=True)
        watched = f"-XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit={unfinished} -Xlog:cds*=off"
        # fmt: off
        command = [
            str(spark.spark_home() / "bin" / "spark-submit"), "--master", "local[2]",
            "--driver-java-options", f"{spark.FAST_START} {watched}",
            "--conf", f"spark.driver.extraClassPath={spark.CONNECTOR}",
            "--conf", f"spark.hadoop.fs.s3.impl={spark.CONNECTOR_CLASS}",
            "--conf", "spark.ui.enabled=false",
            str(TRAINING), work,
        ]
        # fmt: on
        python = str(paths.environment_python("spark"))
        _run(
            command,
            {
                "JAVA_HOME": str(java_home),
                "PATH": "/usr/bin:/bin",
                "SPARK_LOCAL_IP": "127.0.0.1",
                "PYSPARK_PYTHON": python,
                "PYSPARK_DRIVER_PYTHON": python,
                "TMPDIR": work,
            },
        )
        unfinished.replace(made)
    return True


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(
        command,
        env={"LANG": "C.UTF-8", **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
        stdin=subprocess.DEVNULL,
    )


def main() -> int:
    """Make the archive for the Java that a sandbox started from this shell will find. Without a Java there is none."""
    try:
        found = java.find(java.candidates(os.environ))
        build(found.home)
    except java.NoJavaError:
        return 0  # the first job says so, and what to do
    except (subprocess.SubprocessError, OSError) as error:
        print(f"Spark will start slowly: its class archive could not be made ({error}).", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
