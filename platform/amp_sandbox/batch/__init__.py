"""The batch path by hand: snapshots, crawls and Spark jobs, through the AWS calls that a scheduler makes."""
