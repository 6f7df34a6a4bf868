"""What sessions share or keep: caches, jobs, models, image sets, feedback. Imports no other room of the screen."""
