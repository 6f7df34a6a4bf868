"""The folded explanations for students: what one sees, the formula, the paper, what it cannot tell."""

__all__ = ["FEATURE_MAPS", "FILTERS", "MAXIMIZATION", "NETWORK"]

NETWORK = r"""
A **network** is a chain of **layers**. Each takes the numbers of the one before it, a block of
*channels x rows x columns*, and makes a new block of them. On the way the rows and columns usually shrink
while the channels grow: *where* something is becomes coarser, *what* it is becomes richer.

The last layer gives one number a class, the **logit** $z_c$. The softmax turns them into probabilities

$$p_c = \frac{e^{z_c}}{\sum_k e^{z_k}},$$

which say how the network divides its belief among the classes it knows. A high probability is no promise: a
network asked about something it never saw still has to choose one of its classes.

**Parameters** are the numbers that training has set. Many parameters in a layer do not mean that it is
important, and the drawing shows sizes, not importance.
"""

FEATURE_MAPS = r"""
A **feature map** (or activation map) is what one **channel** of a layer outputs for an image: one number at each
position. In a convolution the channel $c$ at position $(y, x)$ is

$$a_{c,y,x} = b_c + \sum_{k}\sum_{i,j} w_{c,k,i,j}\; a'_{k,\,y+i,\,x+j},$$

the same small pattern $w_c$ compared with every neighbourhood of the layer before. A bright spot says: *here* the
neighbourhood looks like what this channel looks for. Early channels answer to edges and colours, later ones to
textures and parts (Zeiler and Fergus 2014, arXiv:1311.2901).

In a **transformer** a position is a patch of the image (a token); tokens are laid out where their patches lie.
The class token belongs to no place and is shown as a number.

**What to keep in mind.** The scale decides what one sees: with a scale of its own even a channel that hardly
answers looks busy. *One for all* shows who really answers. One image shows when a channel answers, never
everything it answers to.
"""

FILTERS = r"""
The **filters** of a convolution are its weights: for output channel $c$ one small kernel $w_{c,k}$ for every
input channel $k$. In the first layer the inputs are red, green and blue, so a filter can be shown in colour;
deeper filters look at channels, so each has many kernels and no colour of its own.

Trained first-layer filters show oriented edges and colour contrasts (Krizhevsky et al. 2012); random ones show
noise. That is the quickest look at whether a network has learned anything.

The **norm** $\lVert w_c \rVert_2$ says how strongly a filter weighs its input. A filter whose norm is under a
thousandth of the median's is called *dead* here: its output hardly depends on the image. Two filters are called
*duplicates* where the cosine between them is above 0.99 in size. Norms cannot be compared between layers that are
followed by a normalisation, which rescales them.
"""

MAXIMIZATION = r"""
**Activation maximization** turns the question round. Instead of asking what a unit says of a picture, one looks
for the picture $x$ of which it says most,

$$x^* = \arg\max_x \; a(x),$$

by starting from noise and following the gradient $\partial a / \partial x$ step by step, the network's weights
held fixed (Erhan et al. 2009; Simonyan et al. 2013, arXiv:1312.6034).

Done on the **pixels**, this finds fine noise that drives the unit and tells nobody anything. Three tricks make
pictures of it (Olah et al. 2017, doi:10.23915/distill.00007):

* the **spectrum** is learned instead of the pixels, frequency $f$ scaled by $1 / f^{\,\alpha}$ as in natural
  pictures, where $\alpha$ is the *decay*;
* **colours** are learned along axes that vary independently in an image set, and mixed as they are there;
* the picture must **survive** being moved, turned and scaled by chance in every step.

**MACO** (Fel et al. 2023, arXiv:2306.06805) goes further: the magnitude at each frequency is that of natural
pictures and stays so; only the phases, which say where things are, are learned.

A whole layer driven this way, from a photograph, is **DeepDream** (Mordvintsev et al. 2015).

**What it cannot tell.** The picture is one of many: another seed gives another, and a unit that answers to two
different things shows perhaps one. It drives the unit beyond anything in real images, so it shows what would be
*most*, not what is *usual*. The tricks are taste as well as truth: what is smooth and coloured here is so because
we asked for it. A picture one recognises is no proof that the unit means the same by it.
"""
