"""The one template, brought to the sandbox: build the code, upload it, deploy through CloudFormation change sets.

`deploy` does what `sam build` and `sam deploy` do against AWS, as far as `platform/template.yaml` needs it.
"""

from amp_sandbox.stack.deploy import Change, Deployment, deploy, stack_outputs

__all__ = ["Change", "Deployment", "deploy", "stack_outputs"]
