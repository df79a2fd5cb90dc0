"""Child processes that host one model each, and the protocol spoken with them."""
