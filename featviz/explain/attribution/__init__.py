"""Which parts of a picture a network's answer rests on."""
