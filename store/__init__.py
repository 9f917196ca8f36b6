"""The store: what is kept, the same on SQLite and PostgreSQL. One noun a module; the tables are in `tables.py`."""
