"""Crawls: S3 is listed, a sample of its objects is read, and tables and partitions are made of what is found."""
