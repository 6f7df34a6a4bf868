"""Lessons on the checks of a map: what each measures, against what, and what it cannot prove."""

__all__ = ["TRUST_LESSONS"]

TRUST_LESSONS = {
    "completeness": r"""
$$\text{gap} = \frac{\big|\sum_i A_i - \big(f(x) - f(b)\big)\big|}{|f(x) - f(b)|}$$

**What it measures.** Whether the map gives out exactly what there is to share: the difference between the target's
value for the picture and for the baseline.

**Against what.** The promise of the method itself. Integrated gradients and DeepLIFT make it; where a finite sum
stands for an integral, more steps must close the gap, and the number of steps is shown. Maps from other methods make
no such promise, and the check says nothing against them. A map that was stretched to a fixed range cannot pass.

**What it cannot prove.** That the shares are right. All of it could lie on a single wrong pixel and still add up.
""",
    "deletion": r"""
$$\text{area} = \int_0^1 f\big(x \text{ without its top share } q\big)\,dq$$

**What it measures.** The picture's pixels are replaced, the map's highest first. If the map is right the target
falls early, so a *small* area is good.

**Against what.** The same curve for random maps and for an edge detector on the same picture, with the same step
and the same replacement, all of which are stated. The number alone means little: values in papers differ with
replacement, step and whether probability or logit is read. RISE's authors report 0.105 for ResNet50, with zeros and
probabilities.

**What it cannot prove.** Pictures with holes are foreign to the network. A fall may come from the holes rather than
from what they took away.
""",
    "insertion": r"""
$$\text{area} = \int_0^1 f\big(\text{blank with the top share } q \text{ of } x\big)\,dq$$

**What it measures.** The way back: pixels are put into an empty or blurred picture, the map's highest first. If the
map is right the target rises early, so a *large* area is good.

**Against what.** Random maps and an edge detector on the same picture with the same ground and step. RISE's authors
report 0.772 for ResNet50, inserting into a blurred copy and reading the probability.

**What it cannot prove.** A blurred copy still shows much, so that even random orders do well. Maps of one smooth blob
do better than scattered ones of equal truth, because a network recognises a region sooner than dust. Deletion and
insertion often disagree: look at both.
""",
    "randomisation": r"""
$$\rho_s = \operatorname{Spearman}\big(A(\theta),\; A(\theta \text{ with } s \text{ groups of layers redrawn})\big)$$

**What it measures.** From the output downwards the layers lose what they learned, group by group, and the map is
made anew. An explanation *of the network* has to change with it: the rank correlation should fall towards zero.

**Against what.** The map of the trained network. An edge detector keeps a correlation of 1: it draws edges, not
reasons. Adebayo et al. (2018): the gradient and Grad-CAM pass, guided backpropagation and guided Grad-CAM fail.

**What it cannot prove.** Passing is necessary, not sufficient: any map that reacts wildly to the weights passes. And a
random network still prefers contrasts, so some likeness of *strength* is to be expected.
""",
    "stability": r"""
$$S = \max_{\lVert\delta\rVert_\infty \le r} \frac{\lVert A(x + \delta) - A(x)\rVert}{\lVert A(x)\rVert}$$

**What it measures.** By how much the map changes when the picture changes so little that nobody sees it: the largest
change over a few random disturbances (*max-sensitivity*, Yeh et al. 2019, arXiv:1901.09392).

**Against what.** The size of the map itself: 0 is a map that stays, 1 a change as large as the map. captum tries ten
disturbances within 0.02; radius and number decide the result, so both are stated.

**What it cannot prove.** That the map is right. A constant map is perfectly stable and empty, and so is an edge
detector, nearly. If the network's own answer jumps, a true map *should* jump. And the true maximum is larger than
any found at random.
""",
    "shift": r"""
$$A\big(T x\big) \approx T A(x)$$

**What it measures.** The picture is moved by a few pixels, and so should be its map: the map of the moved picture is
laid back and compared with the original one.

**Against what.** Perfect agreement, correlation 1, over the part that stays in view. The network's own answer for
the moved picture stands beside it, because an explanation may only be as steady as what it explains.

**What it cannot prove.** Convolutions with strides, pooling and patches are themselves not quite indifferent to a
shift, so a difference may be the network's and not the method's. Maps that come with a fixed pattern, a grid or the
edge of the picture, are found out here; maps that are wrong and move along are not.
""",
    "localisation": r"""
$$\text{share} = \frac{\sum_{p \in \text{mask}} A_p^{+}}{\sum_p A_p^{+}},\qquad
\text{pointing} = \mathbb 1\big[\arg\max_p A_p \in \text{mask}\big]$$

**What it measures.** Where we know which pixels made the class, as in the Shapes world: how much of the positive
attribution lies on them, and whether the highest point does.

**Against what.** Chance is the part of the picture that the mask covers: a random map scores just that, and an
object that fills half the picture is half found by anyone.

**What it cannot prove.** That a map off the object is wrong: a network may truly look at the background, and then
the map is right and the network is not. Known truth exists for made pictures; in photographs a box drawn by people
says where the object is, not what the network used.
""",
}
