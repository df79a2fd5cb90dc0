"""How a reply becomes a score: rubrics and reply parsers, shared by every judge."""
