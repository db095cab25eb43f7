"""The database and the vault of files: the only place that knows SQLAlchemy."""
