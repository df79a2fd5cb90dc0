"""Events, hook specifications, the plugin manager and the bus that joins them."""
