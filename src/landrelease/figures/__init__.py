"""Records in; figures that name the records they rest on out."""
