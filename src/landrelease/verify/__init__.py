"""Lots and samples in; sample sizes and operating characteristics out."""
