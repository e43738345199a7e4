"""Values and rules that all stages share: no files, no clock, no network, no hidden randomness."""
