"""What sessions share of training: the runs that come along, and which trained networks a visitor is offered."""
