"""What the Spark jobs share: arguments, storage, the columns of raw rows, quarantine and reports.

Plain PySpark. It is sent along with each job as a zip file (`--py-files`), so it reads no file of its own.
"""
