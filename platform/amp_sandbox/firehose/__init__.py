"""Amazon Data Firehose on one machine: the API's operations, the store, and the engine that delivers."""
