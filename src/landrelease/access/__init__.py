"""Roles, and the one policy for whatever leaves the store."""
