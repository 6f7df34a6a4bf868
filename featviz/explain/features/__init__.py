"""What layers output and what they weigh with: feature maps, filters, depth."""
