"""How a network is built: blocks, tree and families of its layers."""
