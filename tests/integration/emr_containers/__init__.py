"""A package, so that what is made for all of its tests goes with the last of them."""
