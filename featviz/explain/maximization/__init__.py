"""What a unit looks for: images made to drive it as far up as they can."""
