"""Lessons on the methods that send something back from the target to the pixels."""

__all__ = ["GRADIENT_LESSONS"]

GRADIENT_LESSONS = {
    "gradient": r"""
$$A_i = \frac{\partial f(x)}{\partial x_i}$$

The **gradient** says by how much the target would change if a pixel changed a little. It is exact, costs one pass
forward and one back, and its sign has a meaning: brighter here, more of the class.

**What it can tell.** Where the network is sensitive, for this picture and these weights: the map changes when the
weights do.

**What it cannot.** It is local. Where a unit is saturated the gradient is zero although the pixel mattered, and
in deep ReLU networks it flickers from pixel to pixel, so single bright pixels mean little. It does not add up to
the target's value either.

**Libraries disagree.** The paper (Simonyan et al. 2014) shows the largest absolute value of the three colours;
captum returns absolute values unless told otherwise. Here the sign is kept and the colours are added.
""",
    "input_x_gradient": r"""
$$A_i = x_i\,\frac{\partial f(x)}{\partial x_i}$$

The gradient times the picture: what a linear model of the network, laid tangent at this picture, credits each
pixel with.

**What it can tell.** In a ReLU network without biases the map adds up exactly to the target's value, because such
a network is piecewise linear through zero. That is a good test of an implementation.

**What it cannot.** With biases the sum is off, and zero counts as "nothing there". But $x$ is the *normalised*
picture: zero is the training data's mean colour and not black, so a grey object gets no credit however much it
matters. It also takes over the picture's own edges, which makes a map look sensible without being so.

**Libraries disagree** mostly about the range of $x$: the same method on pixels from 0 to 1 gives another map.
""",
    "smoothgrad": r"""
$$A_i = \frac{1}{n}\sum_{k=1}^{n} \frac{\partial f(x + \epsilon_k)}{\partial x_i},\qquad
\epsilon_k \sim \mathcal N(0, \sigma^2)$$

**SmoothGrad** averages the gradient over noisy copies of the picture. What flickers cancels, what is steady stays.

**What it can tell.** Where the network is sensitive in a whole neighbourhood of the picture.

**What it cannot.** The noisy copies are pictures the network never saw. With much noise one explains the
answer to noise; with little, nothing is smoothed. The maps look clean, which is not the same as true.

**Libraries disagree** more than anywhere: PAIR takes 25 samples, noise of 0.15 of the picture's range, and
*squares* the gradients; captum 5 samples and a deviation of 1.0 in absolute units, which drowns a picture in
[0, 1]; zennit 20 and 0.1 of the range; Xplique 50 and 0.2. Here: 25, 0.15 of the range, signed.
""",
    "integrated_gradients": r"""
$$A_i = (x_i - b_i)\int_0^1 \frac{\partial f\big(b + t\,(x - b)\big)}{\partial x_i}\,dt$$

The gradient is added up on the straight way from a **baseline** $b$ to the picture.

**What it can tell.** The map adds up to $f(x) - f(b)$, so every bit of the difference is given to some pixel; the
completeness check says how nearly.

**What it cannot.** Everything is relative to the baseline: against black, black pixels can never matter. The
pictures on the way look like nothing in the training data, and a complete map may still share out wrongly.

**Libraries disagree** about the sum and about $b$: captum takes 50 Gauss-Legendre nodes and a baseline of zeros,
the mean colour after normalisation; zennit 20 steps, right end points; PAIR 25 points with both ends, each
counted in full. The paper takes black. Here: 50 nodes from the picture's median colour.
""",
    "expected_gradients": r"""
$$A_i = \mathbb E_{b,\; t \sim U(0,1)}\left[(x_i - b_i)\,
\frac{\partial f\big(b + t\,(x - b)\big)}{\partial x_i}\right]$$

Integrated gradients averaged over **many baselines**, each at one random point of its way, so that no single
baseline decides.

**What it can tell.** In the mean the map adds up to $f(x)$ less the mean of $f$ over the baselines.

**What it cannot.** It is an estimate: its error falls only with the root of the number of samples, so a second
seed draws a slightly different map. And the choice of one baseline has become the choice of a collection.

**Libraries disagree** about both. Erion et al. draw the baselines from the training data; shap's gradient
explainer takes 200 samples, captum's GradientSHAP 5, far too few for pixels. Here: 100 samples, each from a plain
picture in the colour of a pixel drawn from this one: on 64 pictures of shapes `shapes-resnet`'s map then points at
the shape in 77 %, from uniform noise in none.
""",
    "gradient_shap": r"""
$$A_i = \mathbb E_{b,\,t,\,\epsilon}\left[(x_i + \epsilon_i - b_i)\,
\frac{\partial f\big(b + t\,(x + \epsilon - b)\big)}{\partial x_i}\right]$$

Expected gradients with noise $\epsilon$ on the picture, SmoothGrad's idea added. Under strong assumptions (pixels
independent, network nearly linear) it estimates **Shapley values**, the fair shares of a game among the pixels.

**What it can tell.** Roughly what integrated gradients tell, with less dependence on one baseline and a smoother
map.

**What it cannot.** Neighbouring pixels are anything but independent, so the name promises more than the method
keeps. It is random: look at a second seed before you trust a detail.

**Libraries disagree**: captum draws 5 samples and adds no noise unless told to; shap's gradient explainer draws
200. Here: 50 samples, noise of a tenth of the picture's range.
""",
    "deep_lift": r"""
$$\Delta f = \sum_i m_i\,\Delta x_i,\qquad m_{\mathrm{ReLU}} = \frac{\Delta\,\mathrm{out}}{\Delta\,\mathrm{in}}$$

**DeepLIFT** runs the picture and a baseline through the network side by side. At each non-linearity it passes back
the *slope between the two* in place of the gradient, so a saturated unit still answers for the difference it made.

**What it can tell.** The map adds up to $f(x) - f(b)$, at the price of one gradient: a quick relative of
integrated gradients.

**What it cannot.** All depends on the baseline. The rescale rule used here can let influences cancel that the
paper's second rule, RevealCancel, would keep apart; and operations without a rule, such as attention, are refused.

**Libraries disagree** by structure: captum works on modules, so a ReLU called as a function silently keeps its
plain gradient. Here functions and modules are treated alike. captum's baseline is zeros, ours the median colour.
""",
    "lrp": r"""
$$R_i = \sum_j \frac{(a_i w_{ij})^+}{\sum_k (a_k w_{kj})^+ + \epsilon}\,R_j$$

**Layer-wise relevance propagation** shares the target's value out backwards, each unit among those it was computed
from. Convolutions share by positive contributions only; dense layers by all of them, signed, with a small
$\epsilon$ that keeps the division safe.

**What it can tell.** Nothing is lost on the way, apart from what biases keep: the map is a bookkeeping of the value.
It is calm where gradients flicker.

**What it cannot.** The rules are chosen, not derived. Positive rules can forget what the upper layers said: such
maps may stay the same for another class or for random weights (Sixt et al. 2020, arXiv:1912.09818). Look at the
weight check.

**Libraries disagree** about rules: zennit offers several sets, and users of its EpsilonGammaBox met maps of one
solid colour on ResNets. Batch norm must be folded first, as it is here.
""",
    "guided_backprop": r"""
$$R^{(l)} = R^{(l+1)} \cdot \mathbb 1[R^{(l+1)} > 0] \cdot \mathbb 1[a^{(l)} > 0]$$

The gradient, except that every ReLU on the way back also stops what is negative. Only paths that argue *for* the
target all the way survive.

**What it can tell.** It draws fine, sharp pictures of the structures to which the network's units answer.

**What it cannot.** It hardly explains the decision: Adebayo et al. (2018) found that the picture stays much the
same when the weights of the upper layers are random, because the rule partly restores the image. It differs
little between classes and is no gradient of anything. It needs ReLUs; networks with GELU or SiLU are refused.

**Libraries disagree** on what they catch: captum changes ReLU *modules*, so ReLUs called as functions stay plain.
Here both are guided, on a private copy.
""",
}
