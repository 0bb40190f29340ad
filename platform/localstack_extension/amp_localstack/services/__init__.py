"""AWS services that LocalStack does not serve by itself in this sandbox: on moto, or forwarded to a stand-in."""
