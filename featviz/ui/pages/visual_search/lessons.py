"""The folded lesson on searching by similarity."""

__all__ = ["VISUAL_SEARCH"]

VISUAL_SEARCH = r"""
A layer turns every image into a **vector**, and images whose vectors point the same way are those the
network finds alike. A search compares the vector $q$ of the query with the vector $v$ of every image by the
cosine of the angle between them,

$$\cos(q, v) = \frac{q \cdot v}{\lVert q \rVert\,\lVert v \rVert} \in [-1, 1].$$

What counts as alike depends on the layer: early ones find the same colours and textures, late ones the same
things. Where a network's layers end in a rectifier no number is negative, so even unlike images have a
cosine well above 0: compare similarities with each other, not with 1.

**Why.** With mean pooling a vector is the mean of what the layer says at its $P$ places, $q = \frac1P\sum_p
A_p$. So the similarity is a sum over places as well,

$$\cos(q, v) = \sum_p \frac{A_p \cdot v}{P\,\lVert q \rVert\,\lVert v \rVert},$$

and each term is what one place adds (Stylianou et al. 2019, arXiv:1901.00536). The terms of either picture
add up to the similarity exactly: nothing is left over and nothing is estimated. For other poolings the term
is the place's output times the gradient of the product.

**A region** is searched for by the mean over its own places alone. It is compared with the vectors of whole
images, so it finds images that are *mostly* like the region, and small things may be missed.

**Exact and approximate.** An exact index compares with every image. An approximate one sorts the vectors
into clusters and looks through the nearest (Jegou et al. 2011). Its **recall** is the share of the truly
nearest that it finds.

**What it cannot tell.** A place answers to more of the picture than lies under it (its receptive field), so
a bright spot may owe to its neighbourhood. And the nearest image is nearest *to this network*: it shows
what the network holds for alike, not what is.
"""
