"""LocalStack plug-ins that complete LocalStack for the Amp sandbox."""
