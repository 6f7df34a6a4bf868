"""The page From random to trained."""
