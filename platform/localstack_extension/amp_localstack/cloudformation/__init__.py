"""CloudFormation: resource types that LocalStack lacks or only half implements, and an engine that rolls back.

What a template asks for is done, or the deployment fails and says why; nothing is accepted and left undone.
"""
