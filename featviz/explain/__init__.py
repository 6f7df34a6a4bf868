"""Inside one network: feature maps, filters, architecture."""
