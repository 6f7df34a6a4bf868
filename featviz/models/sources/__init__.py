"""Where networks come from: the bundled ones, torchvision, downloads."""
