"""The edges: parse, call a workflow, show."""
