"""SQLite, all of it: connections, migrations, index, registry, journal, progress."""
