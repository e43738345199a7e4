"""Operate: may work start, where to go, was all of it covered. Pure: values in, values out."""
