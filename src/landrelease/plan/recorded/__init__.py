"""What records say, as conditions of a plan: each module reads some kinds, and says what it left.

A registry without such records gives no condition at all.
"""
