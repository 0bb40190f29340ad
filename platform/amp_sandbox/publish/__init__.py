"""Publishing: sends the seed data into the platform as Amp's own systems would, and keeps the ledger of it.

Catalogue changes are announced through SNS and app events are put on Kinesis, never further down the path.
Every publication that the service acknowledged is a line of the ledger (`ledger`), which is what `audit` and
`trace` hold the pipeline to.
"""
