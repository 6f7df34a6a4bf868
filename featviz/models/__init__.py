"""The networks: loading them, their layers, recording what layers output."""
