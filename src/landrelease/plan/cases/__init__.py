"""Scheduling problems of the public libraries in; a plan with a proven bound out.

The same question as the programme's own plan in its bare form (which activity when, in which mode,
by whom, so that all is done soonest), so that the methods can be held against others.
"""
