"""Amazon EMR on EKS on one machine: the API's operations, the store, and the engine that runs jobs on Spark."""
