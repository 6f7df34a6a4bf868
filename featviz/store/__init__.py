"""One store for whatever is kept on disk: checked files, written atomically, bounded."""
