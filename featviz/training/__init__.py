"""How networks come about: training the bundled ones."""
