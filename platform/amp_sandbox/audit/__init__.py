"""The audit: for each stream, what became of every record that was published, and of every row that jobs have read.

`audit` holds what the publishers recorded (`amp_sandbox.publish.ledger`) against what can be seen in the queue,
the streams, the lake, the error prefixes and the dead-letter queue; and what the raw objects hold against the
transformed tables and the quarantine.
"""

from amp_sandbox.audit.run import Audit, Unsettled, audit, unsettled
from amp_sandbox.audit.tally import StreamAudit
from amp_sandbox.audit.transformed import TransformedAudit

__all__ = ["Audit", "StreamAudit", "TransformedAudit", "Unsettled", "audit", "unsettled"]
