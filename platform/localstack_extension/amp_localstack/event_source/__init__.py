"""SQS as a Lambda event source: prompt on an idle queue, fast on a full one.

Only `standard_queue` imports LocalStack; the rest is plain Python and is tested without it.
"""
