"""VGG16 and the terms of its losses in float64, differentiated by PyTorch: what golden.py takes its values from.

Pictures and parameters are closed formulas, the same as in engine/testing/formula.ts, so no file is needed. What a term
is, is written down in engine/objective/objective.ts.
"""
import base64
import functools
import math

import numpy as np
import torch
import torch.nn.functional as F

LAYERS = [('conv1_1', 3, 64), ('conv1_2', 64, 64), None, ('conv2_1', 64, 128), ('conv2_2', 128, 128), None,
          ('conv3_1', 128, 256), ('conv3_2', 256, 256), ('conv3_3', 256, 256), None,
          ('conv4_1', 256, 512), ('conv4_2', 512, 512), ('conv4_3', 512, 512), None,
          ('conv5_1', 512, 512), ('conv5_2', 512, 512), ('conv5_3', 512, 512), None]
CONVS = [layer for layer in LAYERS if layer]
NAMES = [name for name, _, _ in CONVS]
BGR_MEAN = (103.939, 116.779, 123.68)
AVERAGE_POOL_GAIN = 2.0


def noise(n, salt):
    """n values in [-1, 1) from a hash of their index, as formulaNoise()."""
    x = (np.arange(n, dtype=np.uint64) + np.uint64(salt * 0x9E3779B1 & 0xFFFFFFFF)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return (x ^ (x >> np.uint64(16))).astype(np.float64) / 2147483648 - 1


def conv_parameters():
    for k, (name, cin, cout) in enumerate(CONVS):
        kernel = (noise(9 * cin * cout, 2 * k + 1) * math.sqrt(6 / (9 * cin))).astype(np.float32)
        bias = (noise(cout, 2 * k + 2) * 0.1).astype(np.float32)
        yield name, (torch.tensor(kernel.reshape(3, 3, cin, cout)).permute(3, 2, 0, 1).double(), torch.tensor(bias).double())


PARAMETERS = dict(conv_parameters())


def picture(width, height, salt):
    """(1, 3, H, W), RGB, 0-255, rounded to float32 as the engine takes it."""
    values = ((noise(3 * width * height, salt) + 1) * 127.5).astype(np.float32).astype(np.float64)
    return torch.tensor(values.reshape(1, height, width, 3)).permute(0, 3, 1, 2).contiguous()


class SharedMaxPool(torch.autograd.Function):
    """2x2 max-pool, odd sizes rounded up; equal maxima of a window share its gradient equally."""

    @staticmethod
    def forward(ctx, x):
        _, _, height, width = x.shape
        padded = F.pad(x, (0, width % 2, 0, height % 2), value=-math.inf)
        top = F.max_pool2d(padded, 2, 2)
        # Rounding differs with the position even in a flat picture: what is this close is a tie.
        chosen = (padded >= F.interpolate(top, scale_factor=2) - 1e-9).to(x.dtype)
        ctx.save_for_backward(chosen)
        ctx.size = (height, width)
        return top

    @staticmethod
    def backward(ctx, gradient):
        chosen, = ctx.saved_tensors
        share = gradient / (4 * F.avg_pool2d(chosen, 2, 2))
        return (F.interpolate(share, scale_factor=2) * chosen)[:, :, :ctx.size[0], :ctx.size[1]]


class RoundedConv(torch.autograd.Function):
    """A convolution, and its gradient, whose factors have the 10 bits that they have in TF32 and float16, summed in
    float32."""

    @staticmethod
    def forward(ctx, x, kernel, bias):
        ctx.save_for_backward(kernel)
        return F.conv2d(rounded(x).float(), rounded(kernel).float(), bias.float(), padding=1).double()

    @staticmethod
    def backward(ctx, gradient):
        kernel, = ctx.saved_tensors
        return F.conv_transpose2d(rounded(gradient).float(), rounded(kernel).float(), padding=1).double(), None, None


def rounded(x):
    mantissa, exponent = torch.frexp(x)
    return torch.ldexp(torch.round(mantissa * 2 ** 11) / 2 ** 11, exponent)


def exact_conv(x, kernel, bias):
    return F.conv2d(x, kernel, bias, padding=1)


conv = exact_conv


def with_rounding(make):
    """Decorates what makes a case: 'rounding' is how far its gradient is from that with rounded factors, relative to its
    norm. Hundreds of times the rounding itself: where two values of a pool's window are almost equal, or a feature is
    almost 0, it decides which way the gradient goes."""
    @functools.wraps(make)
    def both(*args, **options):
        global conv
        exact = make(*args, **options)
        conv = RoundedConv.apply
        rough = make(*args, **options)
        conv = exact_conv
        a, b = (np.frombuffer(base64.b64decode(case['gradient']), '<f4').astype(float) for case in (exact, rough))
        return {**exact, 'rounding': float(np.linalg.norm(a - b) / np.linalg.norm(a))}
    return both


def forward(rgb, upto, pooling='MAX', mean=BGR_MEAN):
    x, activations = rgb.flip(1) - torch.tensor(mean, dtype=torch.float64).view(1, 3, 1, 1), {}
    for layer in LAYERS[:1 + [entry and entry[0] for entry in LAYERS].index(upto)]:
        if layer:
            x = F.relu(conv(x, *PARAMETERS[layer[0]]))
            activations[layer[0]] = x
        elif pooling == 'MAX':
            x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        elif pooling == 'SHARED':
            x = SharedMaxPool.apply(x)
        else:
            x = AVERAGE_POOL_GAIN * F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)
    return activations


def box_filter(length, target):
    """(target, length) matrix whose rows average the source pixels that a target pixel covers, parts counted as parts."""
    edges = np.arange(target + 1) * length / target
    cells = np.arange(length)
    overlap = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return np.maximum(overlap, 0) * target / length


def mask_at(mask, height, width):
    values = box_filter(mask.shape[0], height) @ mask @ box_filter(mask.shape[1], width).T
    return torch.tensor(values).view(1, 1, height, width)


def gram(x, mask=None):
    _, channels, height, width = x.shape
    area = height * width if mask is None else (mask ** 2).sum()
    rows = (x if mask is None else x * mask).reshape(channels, -1)
    return rows @ rows.t() / (area * channels)


MOMENTS_WEIGHT = 1.0


def means(x, mask=None):
    """Of each channel, weighted by the mask's square."""
    weights = torch.ones_like(x[:, :1]) if mask is None else mask ** 2
    return (x * weights).sum((0, 2, 3)) / weights.sum()


def moments_loss(activation, target, mask):
    """As engine/objective/moments.ts; `target` is a Gram matrix and means."""
    wanted_gram, wanted_means = target
    channels = wanted_gram.shape[0]
    energy = wanted_gram.trace()
    epsilon = max(1e-5 * energy.item(), 1e-6)
    deviations = lambda g, m: torch.sqrt(torch.clamp(channels * g.diagonal() - m ** 2, min=0) + epsilon)
    found_gram, found_means = gram(activation, mask), means(activation, mask)
    shifts = (found_means - wanted_means, deviations(found_gram, found_means) - deviations(wanted_gram, wanted_means))
    return MOMENTS_WEIGHT * energy / channels ** 2 * sum((shift ** 2).mean() for shift in shifts)


def to_grid(x):
    """Layers that are finer than conv3 as averages over 2x2 values, down to its size: see gridLayer() in objective.ts."""
    for _ in range({64: 2, 128: 1}.get(x.shape[1], 0)):
        x = F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)
    return x


def directions(width, height, channels, salt):
    """(1, C, H, W) of unit vectors, as formulaDirections() in engine/conformance/cases.ts."""
    rows = (noise(width * height * channels, salt) + 1).astype(np.float32).astype(np.float64).reshape(-1, channels)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return torch.tensor(rows.reshape(1, height, width, channels)).permute(0, 3, 1, 2)


def neighbors_loss(activation, target, mask):
    x = to_grid(activation)
    m = torch.ones_like(x[:, :1]) if mask is None else mask_at(mask, *x.shape[2:])
    cosine = (x * target).sum(1) / torch.sqrt((x ** 2).sum(1) + 1e-4)
    return (m[:, 0] ** 2 * (1 - cosine)).sum() / (m ** 2).sum()


def term_loss(kind, activation, target, mask, whitener=None):
    """`target` of a style is a Gram matrix, or a pair of it and the means, where moments are compared."""
    if kind == 'neighbors':
        return neighbors_loss(activation, target, mask)
    m = None if mask is None else mask_at(mask, *activation.shape[2:])
    if kind == 'style':
        if isinstance(target, tuple):
            return term_loss(kind, activation, target[0], mask, whitener) + moments_loss(activation, target, m)
        difference = gram(activation, m) - target
        if whitener is not None:
            difference = whitener @ difference @ whitener.t()
        return (difference ** 2).mean()
    squares = (activation - target) ** 2
    if m is None:
        return squares.mean()
    return (m ** 2 * squares).sum() / ((m ** 2).sum() * activation.shape[1])


def deepest(terms):
    return max((term['layer'] for term in terms), key=NAMES.index)


def differentiate(x, terms, targets, masks, pooling='MAX', normalize=False, mean=BGR_MEAN):
    """Mean of each term, and the gradient of their weighted sum; normalised by L1 norm at the term's layer if asked."""
    x.requires_grad_(True)
    activations = forward(x, deepest(terms), pooling, mean)
    losses, inner = [], {}
    for term, target in zip(terms, targets):
        layer = term['layer']
        mask = None if term['mask'] is None else masks[term['mask']]
        loss = term_loss(term['kind'], activations[layer], target, mask, term.get('whitener'))
        gradient, = torch.autograd.grad(loss, activations[layer], retain_graph=True)
        if normalize:
            gradient = gradient / gradient.abs().sum()
        inner[layer] = inner.get(layer, 0) + term['weight'] * gradient
        losses.append(loss.item())
    outputs = list(inner)
    gradient, = torch.autograd.grad([activations[layer] for layer in outputs], x, [inner[layer] for layer in outputs])
    return losses, gradient[0].permute(1, 2, 0).reshape(-1)
