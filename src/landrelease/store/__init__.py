"""Where records live, behind one interface."""
