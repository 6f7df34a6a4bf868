"""Browser components, a folder each: Python, JavaScript and style sheet."""
