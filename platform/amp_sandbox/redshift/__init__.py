"""The Redshift stand-in's API of clusters: the sandbox's warehouse as a cluster, and passwords for it."""
