"""Image sets: bundled, from a folder, from a zip file; their files, labels and thumbnails."""
