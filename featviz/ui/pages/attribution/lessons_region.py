"""Lessons on the methods that weigh maps, hide regions or follow attention, and on the maps that know nothing."""

__all__ = ["REGION_LESSONS"]

REGION_LESSONS = {
    "grad_cam": r"""
$$L = \mathrm{ReLU}\Big(\sum_k \alpha_k A^k\Big),\qquad
\alpha_k = \frac{1}{hw}\sum_{y,x}\frac{\partial f}{\partial A^k_{y,x}}$$

The feature maps $A^k$ of a late layer, each weighted by its mean gradient and added up.

**What it can tell.** In which region of the picture a late layer finds evidence for the target. It follows the
weights: randomise them and the map goes (Adebayo et al. 2018).

**What it cannot.** It is as coarse as its layer, often 7 x 7; the smooth edges on the screen are interpolation.
Averaging the gradient may place evidence where there is none, the more so in early layers.

**Libraries disagree**: captum leaves the ReLU out by default, and pytorch-grad-cam stretches every map from 0 to 1
after it, so that a map without evidence looks as hot as any. Here the ReLU is an option and nothing is stretched.
""",
    "grad_cam_plus_plus": r"""
$$w_k = \sum_{y,x} \alpha^k_{y,x}\,\mathrm{ReLU}\Big(\frac{\partial f}{\partial A^k_{y,x}}\Big),\qquad
\alpha = \frac{g^2}{2g^2 + g^3\sum_{y,x} A^k}$$

Grad-CAM with a weighted mean of the gradients $g$, so that several small objects count as much as one large.

**What it can tell.** Where a late layer finds evidence, often over more of the object than Grad-CAM shows.

**What it cannot.** The shares $\alpha$ hold for the exponential of the score, a choice made to have easy second
derivatives. Only positive gradients enter the weights: what speaks against the class is left out. It is as coarse
as its layer.

**Better is not settled.** torch-cam's table (ResNet18, Imagenette) gives it an average drop of 0.527 where
Grad-CAM has 0.269 and LayerCAM 0.171; lower is better. Libraries also differ in their final stretching.
""",
    "layer_cam": r"""
$$L_{y,x} = \mathrm{ReLU}\Big(\sum_k \mathrm{ReLU}\Big(\frac{\partial f}{\partial A^k_{y,x}}\Big)\,
A^k_{y,x}\Big)$$

Each *place* of each feature map is weighted by its own positive gradient, not by the map's mean.

**What it can tell.** Because the weights are local it stays sensible in earlier layers, which are finer: choose
one and see parts and edges on which the target rests. In torch-cam's table (ResNet18, Imagenette) it has the least
average drop of the gradient CAMs, 0.171.

**What it cannot.** Negative gradients are thrown away, so evidence *against* the class is invisible. Early layers
bring back the flicker of gradients, and it does not add up to the target.

**Disagreement.** The paper scales maps of early layers with a tanh and combines several layers; the libraries show
one layer at a time, as is done here, without that scaling.
""",
    "score_cam": r"""
$$L = \mathrm{ReLU}\Big(\sum_k \mathrm{softmax}_k\big(f(x \odot M^k)\big)\,A^k\Big)$$

No gradients: each feature map becomes a mask $M^k$ over the picture, stretched to [0, 1], and its weight is how the
target fares when the picture shows only through that mask.

**What it can tell.** A measured effect rather than a slope: which maps cover what the class needs.

**What it cannot.** A dimmed picture is unlike anything in training. The softmax over channels picks few winners when
values differ much and treats all alike when they do not. Coarse as its layer, too.

**The price** is one pass for each channel: torch-cam measured 6797 ms for ResNet18 on a CPU, against 41 ms for
Grad-CAM. Implementations differ in whether a baseline's score is subtracted, which the softmax cancels, and in
what they do with maps that do not vary.
""",
    "guided_grad_cam": r"""
$$A = \text{guided backpropagation} \odot \text{enlarged Grad-CAM}$$

The fine picture of guided backpropagation is kept only where Grad-CAM finds evidence.

**What it can tell.** Where, from Grad-CAM, which does depend on the class; with detail that invites the eye.

**What it cannot.** The detail comes from a method that hardly looks at the upper layers' weights. Adebayo et al.
(2018) found that the product fails the weight check as guided backpropagation does: the texture stays. Read the
region, not the lines, and do not measure anything by its size: a product of two different quantities has no unit.

**Libraries disagree**: captum enlarges the coarse map by nearest neighbour, which leaves visible blocks, and its
guided part knows ReLU modules only. Here it is bilinear, and every ReLU is guided.
""",
    "occlusion": r"""
$$A_p = \operatorname{mean}_{W \ni p}\big[f(x) - f(x \text{ with window } W \text{ covered})\big]$$

A window slides over the picture and hides it; the target's loss is shared by the windows over each pixel.

**What it can tell.** It is an experiment, needs no gradients, and its unit is the target's own. On a linear model
without overlap it is exact: $w\,(x - b)$ added up over the window.

**What it cannot.** A covered picture is new to the network; the cover's own edges may do harm. What is present
twice is missed: hide one eye and the other still says "cat". Window and stride decide the scale of what can be seen.

**Libraries disagree**: captum asks for the window, moves it a single pixel unless told, covers with zeros and runs
one window a pass by default. Zeiler and Fergus used a grey square. Here: 16 pixels, stride 8, median colour.
""",
    "rise": r"""
$$A_p = \frac{1}{N\,\rho}\sum_{k=1}^{N}\big(f(x \odot M_k) - \bar f\,\big)\,M_k(p)$$

Thousands of soft random **masks** show parts of the picture; a pixel's worth is how much better than the mean
$\bar f$ the target fares when it is shown; $\rho$ is the part shown.

**What it can tell.** Where showing the picture helps, for any network, seen from outside only.

**What it cannot.** It is an estimate: with few masks the map is mostly chance, so compare two seeds. The grid of
7 x 7 cells sets the finest detail, and dimmed pictures are unusual ones.

**Disagreement.** The authors take 4000 masks (VGG16) or 8000 (ResNet50), weigh with the class's *probability* and
keep the mean, which gives every pixel a positive level. Here the target's own value is used, less its mean, with
1000 masks: places that speak against it are negative.
""",
    "lime": r"""
$$\min_w \sum_k \pi(z_k)\big(f(x_{z_k}) - w \cdot z_k - w_0\big)^2 + \lambda\lVert w\rVert_1$$

The picture is cut into cells. Random choices $z$ of shown cells are run, and a sparse **linear model** is fitted to
the target, near choices counting more by $\pi$. Its weights are the map.

**What it can tell.** A rough, readable account of which regions count, for any network.

**What it cannot.** The cells, the kernel's width and the penalty decide much of the result, and another seed may
change it. A linear model cannot say "this *and* that".

**Libraries disagree** on all of it: the authors' package finds superpixels and takes 1000 samples for a picture;
captum takes 25, and without a mask of regions each number of the picture is a feature of its own. Here: 400 samples
on a square grid of 8 x 8 cells.
""",
    "kernel_shap": r"""
$$\pi(z) = \frac{M-1}{\binom{M}{|z|}\,|z|\,(M-|z|)}$$

LIME's regression with this weight and no penalty: then its solution is the cells' **Shapley values**, each cell's
mean contribution over all orders in which the $M$ cells could be shown.

**What it can tell.** The only shares that are complete, symmetric, additive, and zero for cells that never matter:
they add up to $f(x) - f(\text{all hidden})$.

**What it cannot.** Of $2^M$ choices only some hundreds are run, so the values are estimates. Fair is not causal,
and what a hidden cell shows is still our choice.

**Libraries disagree**: captum draws 25 samples by default, which is fewer than the 64 cells here; shap's own
explainer draws $2M + 2048$. Here: 400 on a grid of 8 x 8. captum paints every pixel with its cell's whole value; here
they share it, so that the map adds up.
""",
    "rollout": r"""
$$R = \prod_{l=L}^{1} \operatorname{rows}\big(\bar A_l + I\big)$$

In a transformer each token is a mixture of tokens. **Rollout** multiplies the attention matrices of all blocks, heads
averaged, $I$ for the residual connection, rows brought to sum 1, and shows from which patches the class token drew.

**What it can tell.** How information *could* flow from the patches to the answer.

**What it cannot.** It knows no target: the map is the same for every class. Values, MLPs and the sizes of what is
mixed are ignored, and attention that is paid to a patch need not change anything. Attention is not explanation.

**Implementations disagree**: the paper averages the heads; others take their maximum or minimum, or drop the
weakest values first, and get markedly sharper pictures from the same network.
""",
    "attention_relevance": r"""
$$R \leftarrow R + \operatorname{mean}_{\text{heads}}\Big[\Big(\frac{\partial f}{\partial A_l} \odot A_l\Big)^{+}
\Big]\,R,\qquad R_0 = I$$

Rollout made **specific to the target**: each block's attention counts only where its gradient says that more of it
would raise the target.

**What it can tell.** From which patches a class drew its support; two classes in one picture get two maps, which
rollout cannot do.

**What it cannot.** It is a rule, not a theorem: the map does not add up to the target. Negative influence is
dropped, MLPs are passed over, and it is as coarse as the patches. Networks that attend within windows are refused.

**Versions disagree**: Chefer et al. published first a form with relevance propagation through every layer, tied to
their own transformers, then this one (arXiv:2103.15679), which needs attention and gradients only.
""",
    "random": r"""
$$A_p \sim \mathcal N(0, 1)$$

**Noise**, independent in each pixel. It has seen neither the picture nor the network.

**What it is for.** It is the zero of every scale on this page. Deletion and insertion curves of any map mean
something only beside the curve of a random one; its pointing game gives the level of chance, which on a large
object is far from zero. A method that does not beat it here has told us nothing about this picture.

**What to keep in mind.** One random map is one draw; the checks average over several. With its seed fixed it stays
exactly the same when the weights go, so the check with random weights finds it out, as it should. A stronger
opponent is pytorch-grad-cam's RandomCAM, which weighs a layer's own maps at random: it follows the network's
features and knows nothing of the class.
""",
    "edges": r"""
$$A_p = \sqrt{(S_y * \bar x)_p^2 + (S_x * \bar x)_p^2}$$

How steep the picture's brightness $\bar x$ is, by Sobel's two kernels $S$. The network is not asked at all.

**What it is for.** Edges look like reasons. Objects have outlines, and our eye forgives every map that traces
them. So this one stands in as the planted liar: the check with random weights must catch it, because it keeps its
whole pattern when nothing is left of what the network learned.

**What to keep in mind.** If a method's map correlates strongly with this one, or does no better on deletion and
insertion, its sharpness is the picture's own. Adebayo et al. (2018) made the same comparison. Here the kernels are
divided by 8, so that a slope of one per pixel counts as one.
""",
}
