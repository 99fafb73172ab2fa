"""What more than one file of these tests wants."""

import sqlite3

import pytest

from gateway import tables


@pytest.fixture
def db():
    """An empty store in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    tables.create(connection)
    yield connection
    connection.close()
