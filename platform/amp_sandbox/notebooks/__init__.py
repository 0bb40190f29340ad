"""The notebooks of `notebooks/`: how Jupyter is opened on a sandbox, and that no outputs are committed with them."""
