"""Fast execution on a private replica: folding, prepacked weights, channel slicing.

Its one door is `plan.ExecutionPlan`, which a `Model` has as `execution`. What it uses of torch that is not public is
listed in `torch_internals`.
"""
