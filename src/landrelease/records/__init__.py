"""Files and forms in; core values and one finding per doubtful row out."""
