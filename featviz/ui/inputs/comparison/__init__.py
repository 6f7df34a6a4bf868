"""Inputs of pages that show a second network beside the first."""
