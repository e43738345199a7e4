"""The demo region that ships with the package; see DATA_SOURCES.md."""
