"""Evidence in; exposure, contamination map and the chance that an area holds anything out."""
