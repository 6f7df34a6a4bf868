"""The folded lesson of each way to draw vectors: what it does, what its distances mean, and what they do not."""

__all__ = ["LESSONS", "MAPS"]

MAPS = r"""
A layer makes a vector of $d$ numbers of every image. Two images are **near** each other in this space when the layer
answers to them alike. A **map** lays the vectors out on a sheet, and in general that cannot be done without mistakes:
of three points that are all equally far from each other a sheet can tell the truth, of four it cannot.

So there are two kinds of mistakes. **False neighbours** lie together on the map and are far apart in truth:
trustworthiness counts them. **Torn neighbours** are near in truth and far apart on the map: continuity counts those.
Point at a dot and lines join it to its true neighbours; a long line is a torn one. Colour the map by a point's
trustworthiness to see *where* it lies.

All numbers stand beside those of a random look at the same vectors. A map that is hardly better says nothing.
"""

LESSONS: dict[str, str] = {
    "pca": r"""
With the mean $\mu$ taken away, the axes $w_1, w_2, \dots$ are the directions in which the vectors vary most,

$$w_1 = \arg\max_{\lVert w \rVert = 1} \sum_i \big(w \cdot (x_i - \mu)\big)^2,$$

each at right angles to those before. The map is a shadow: every point is cast straight down onto the plane of two of
them. The scree says how much of all variation each axis holds.

**What it can tell.** Distances on the map are never larger than the true ones, straight lines stay straight, and an
axis means the same everywhere. New images are placed by the same formula, and nothing is left to chance.

**What it cannot.** What varies most is not what matters most. Where two axes hold a tenth of the variation, points
upon each other may be far apart along the other axes. The sign of an axis means nothing.
""",
    "tsne": r"""
Every point shares out attention among its neighbours, $p_{ij} \propto e^{-\lVert x_i - x_j\rVert^2 / 2\sigma_i^2}$; on
the map this is done with a heavy-tailed curve, $q_{ij} \propto (1 + \lVert y_i - y_j\rVert^2)^{-1}$; and the points
move until the two agree, that is until $\sum_{ij} p_{ij} \log (p_{ij} / q_{ij})$ falls no more.
**Perplexity** is how many neighbours a point shares its attention among, about.

**What it can tell.** Who is near whom. A group that stands apart under several perplexities is most likely there.

**What it cannot.** *The size of a group means nothing*: each $\sigma_i$ adapts, so dense groups are spread and sparse
ones drawn together. *The distance between groups means little*: far is far, not how far. Small perplexities break noise
into clumps (Wattenberg et al. 2016, doi:10.23915/distill.00002). Other seeds turn and rearrange it. Move the
perplexity and watch what stays.
""",
    "umap": r"""
UMAP ties every point to its $k$ nearest neighbours, each tie as strong as it is near **compared with the nearest one**,
so that every point has at least one firm tie: the data are taken to be *connected* everywhere. Then the points are laid
out: tied ones attract, random others repel.

**What it can tell.** Who is near whom, much as t-SNE, often with clearer gaps; and where chains of neighbours lead from
one group to the next.

**What it cannot.** Since every point is tied firmly to its nearest one however far that is, density is lost and lonely
points join a group. *Neither the size of groups nor the distances between them mean much*; gaps are wider than
in truth. `min dist` is a matter of looks: it decides how tightly neighbours are packed, not who is a neighbour.
Few neighbours show small groups, many the larger picture.
""",
    "random": r"""
Axes drawn by chance, which know nothing of the images. Distances survive a random shadow surprisingly well when there
are *many* axes (Johnson and Lindenstrauss 1984); with two, hardly anything does.

It is here as the measure of all other maps: a pattern that can be seen on this one as well is one of the data's own
strength, not of a method's art.
""",
    "centroids": r"""
The first axis runs from the mean of one class to that of another; so left and right say to which of the two an image is
more alike. A second pair of classes makes the second axis, else it is the direction in which the rest varies most.

**What it can tell.** What lies *between* two classes, and which images of one look like the other to this layer.

**What it cannot.** Images of a third class land somewhere, often in the middle, which does not make them mixtures of
the two. Two axes chosen this way may not be at right angles; then distances on the map are skewed.
""",
    "units": r"""
No projection at all: two numbers of the vectors, as they are, such as the mean answers of two channels.

**What it can tell.** Exactly what these units say of each image. Zero is zero.

**What it cannot.** Anything about the other units. A layer's own axes are no more meaningful than others as a rule;
a concept is often spread over many units.
""",
    "discriminant": r"""
The directions $w$ along which classes lie farthest apart, measured by how far their members are scattered,

$$\max_w \frac{w^\top S_B\, w}{w^\top S_W\, w}.$$

**What it can tell.** Whether classes *can* be told apart along straight lines, and which remain mixed even then.

**What it cannot.** It has seen the labels, so it shows groups wherever it can. With few images for many dimensions even
noise falls into neat groups; `shrinkage` holds that back. It is no evidence that the layer arranges images by class of
its own accord: PCA, t-SNE and UMAP have not seen the labels.
""",
    "probe": r"""
The first axis is the direction along which a logistic regression tells one class from all others: right of the middle
it says yes. The rest is filled up with the directions in which what remains varies most.

**What it can tell.** Whether the class can be read off the layer by a straight cut, and which images are doubtful.

**What it cannot.** The regression has seen these very labels; it says that the class *can* be read here, not that the
network reads it. The Feature quality page says how well it does on images it has not seen.
""",
}
"""Markdown by the projection's id."""
