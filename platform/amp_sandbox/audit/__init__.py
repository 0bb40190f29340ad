"""The audit: for each stream, what became of every record that was published.

`audit` holds what the publishers recorded (`amp_sandbox.publish.ledger`) against what can be seen in the queue,
the streams, the lake, the error prefixes and the dead-letter queue.
"""

from amp_sandbox.audit.run import Audit, Unsettled, audit, unsettled
from amp_sandbox.audit.tally import StreamAudit

__all__ = ["Audit", "StreamAudit", "Unsettled", "audit", "unsettled"]
