"""The error that ends a job with one line instead of a traceback."""


class JobError(Exception):
    """Something that whoever runs the job can mend; the message names what is missing and what to do first."""
