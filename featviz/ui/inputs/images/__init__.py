"""Images to look at: bundled, brought or drawn, by the ids that links hold."""
