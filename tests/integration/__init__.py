"""A package, so that all who share its sandbox stay together. (It goes with the session, as the test kit has it.)"""
