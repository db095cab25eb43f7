"""The versions of the tables, oldest first; `claims.store.engine.upgrade` runs them."""
