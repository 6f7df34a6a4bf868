"""The lesson of the Feature quality page: what makes features good, how that is measured, what it cannot prove."""

__all__ = ["QUALITY"]

QUALITY = r"""
A layer turns every image into a **vector** of features. Features are good *for something*: here, for telling the
classes of the image set apart. No measure below looks at the network's own answers; all look at the vectors alone.

**Can the class be read off them?** The **k-NN accuracy** asks the $k$ nearest other images to vote: it is high
where images of a class lie together, in whatever shape. The **linear probe** (Alain and Bengio 2016) fits a plane
between the classes and is asked about images it did not learn. Where the probe is good and the neighbours are not,
the class is in the features, but other things weigh more in the distances.

**Do the classes lie apart?** The **silhouette** of an image (Rousseeuw 1987) compares the mean distance $a$ to its
own class with the mean distance $b$ to the nearest other one,

$$s = \frac{b - a}{\max(a, b)} .$$

**Within / between** divides the mean distance of two images of one class by that of two images of different ones.
Distances of different layers have different units; ratios can be compared.

**Is the space used?** The **effective rank** (Roy and Vetterli 2007) is $\exp\big(-\sum_i p_i \log p_i\big)$ with the
singular values $\sigma_i$ as shares $p_i = \sigma_i / \sum_j \sigma_j$: $r$ equally strong directions give $r$.
**Alignment** and **uniformity** (Wang and Isola 2020) look at directions: images that belong together should be near
each other, all images together should fill the sphere. One without the other is easily had: a network that answers
the same to everything is perfectly aligned. **Dead units** never change.

**Do they stay?** **Stability** is the cosine between the features of an image and of the same image with noise, blur,
less contrast or JPEG. Held against the cosine of two *different* images: where all images look alike to a layer,
staying the same is no merit.

**What it cannot tell.** Every number holds for this image set. A layer that seems poor here may be excellent for
another question, and a network that was trained on these very classes will look better than one that sees more.
Labels that are wrong count as faults of the features. A probe that reads a class off a layer does not show that the
network *uses* it. Look at the baselines first: a number that shuffled labels, random vectors or a network with random
weights reach as well means nothing.
"""
