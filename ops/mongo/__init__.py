"""MongoDB: the database engine, the unit of work, collections bound to it, declared indexes."""
