"""The process executor: Lambda functions as ordinary processes running AWS's own runtime client.

Only `executor` imports LocalStack; every other module is plain Python and is tested without it.
"""
