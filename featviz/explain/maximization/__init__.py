"""What a unit looks for: pictures made to drive it as far up as they can."""
