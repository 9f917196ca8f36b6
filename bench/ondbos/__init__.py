"""The same job on DBOS, written as its documentation shows: what one would have without a server for workflows."""
