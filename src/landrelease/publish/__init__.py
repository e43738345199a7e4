"""Core values in; pages, documents and exports out."""
