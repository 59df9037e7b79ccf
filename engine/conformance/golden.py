#!/usr/bin/python3
"""Golden values of the conformance suite: losses and gradients in float64 by PyTorch's own differentiation.

    /usr/bin/python3 -B engine/conformance/golden.py [name]...      writes engine/conformance/golden/*.json, in a few minutes

Needs Debian's python3-torch and python3-numpy (written with torch 1.13). golden_network.py has the network and the terms,
golden_scale.py the weighted sum that engine/descent/prepared_scale.ts makes of them.
"""
import base64
import json
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

from golden_network import BGR_MEAN, NAMES, differentiate, directions, forward, gram, means, noise, picture, to_grid, with_rounding
from golden_scale import combination_cases, moment_scale_cases, palette_cases, scale_cases, temporal_cases

CONTENT, STYLE, START = 1001, 1002, 1003


def term(kind, layer, weight=1.0, mask=None, salt=None):
    return {'kind': kind, 'layer': layer, 'weight': weight, 'mask': mask,
            'salt': salt or (CONTENT if kind == 'content' else STYLE)}


def content(*layers, **options):
    return [term('content', layer, **options) for layer in layers]


def style(*layers, **options):
    return [term('style', layer, **options) for layer in layers]


@with_rounding
def case(name, size, terms, style_size=None, pooling='MAX', normalize=False, masks=(), mean=BGR_MEAN, flat=None,
         moments=False):
    """`masks` are (width, height, salt); `flat` starts from a picture of that one value instead of noise."""
    width, height = size
    style_width, style_height = style_size or size
    targets = []
    with torch.no_grad():
        for each in terms:
            if each['kind'] == 'neighbors':
                x = to_grid(forward(picture(width, height, START), each['layer'], pooling, mean)[each['layer']])
                targets.append(directions(x.shape[3], x.shape[2], x.shape[1], each['salt']))
            elif each['kind'] == 'content':
                targets.append(forward(picture(width, height, each['salt']), each['layer'], pooling, mean)[each['layer']])
            else:
                features = forward(picture(style_width, style_height, each['salt']), each['layer'], pooling, mean)
                figures = gram(features[each['layer']])
                targets.append((figures, means(features[each['layer']])) if moments else figures)
    factors = [((noise(w * h, salt) + 1) / 2).astype(np.float32).astype(np.float64).reshape(h, w) for w, h, salt in masks]
    start = picture(width, height, START) if flat is None else torch.full((1, 3, height, width), flat, dtype=torch.float64)
    losses, gradient = differentiate(start, terms, targets, factors, 'SHARED' if flat is not None else pooling, normalize, mean)
    return {'name': name, 'width': width, 'height': height, 'styleWidth': style_width, 'styleHeight': style_height,
            'pooling': pooling, 'normalizeGradients': normalize, 'inputMean': list(mean), 'flat': flat,
            'masks': [{'width': w, 'height': h, 'salt': salt} for w, h, salt in masks], 'terms': terms,
            **({'moments': True} if moments else {}),
            'losses': losses, 'gradient': base64.b64encode(gradient.numpy().astype('<f4').tobytes()).decode()}


def reference_cases():
    """Equal to what `reference.py golden --size N --init formula:1003` prints for the same layers: see conformance_test.ts."""
    classic = content('conv1_1', 'conv2_1', weight=0.1) + style('conv4_3', weight=500)
    several = (content('conv1_1', 'conv2_1', 'conv4_2', weight=0.1)
               + style('conv1_1', 'conv2_1', 'conv3_1', 'conv4_1', 'conv5_1', weight=500))
    yield case('CLASSIC at 32x32', (32, 32), classic)
    yield case('CLASSIC at 33x33', (33, 33), classic)
    yield case('eight terms at 32x32', (32, 32), several)
    yield case('eight terms at 27x27', (27, 27), several)


def layer_cases():
    for layer in NAMES:
        yield case(f'content at {layer}', (20, 17), content(layer))
        yield case(f'style at {layer}', (17, 22), style(layer, weight=100), (24, 15))


def option_cases():
    mixed = content('conv2_2', 'conv4_2', weight=0.5) + style('conv1_1', 'conv3_1', 'conv5_1', weight=200)
    yield case('all terms at two layers', (22, 19), content('conv2_1', 'conv3_3') + style('conv2_1', 'conv3_3', weight=50))
    yield case('two contents and two styles at one layer', (18, 20), content('conv2_1') + content('conv2_1', salt=1007)
               + style('conv2_1', weight=30) + style('conv2_1', weight=70, salt=1008), (21, 17))
    yield case('terms of weight 0', (18, 20), content('conv1_2', weight=0) + style('conv2_1', weight=10)
               + style('conv3_1', weight=0))
    for name, size in (('tall', (5, 41)), ('wide', (50, 3)), ('one row', (32, 1)), ('one column', (1, 37))):
        yield case(f'a {name} picture', size, mixed, (17, 17))
    yield case('another input mean', (17, 19), mixed, mean=(90.0, 128.0, 140.5))
    for size in ((24, 16), (19, 23), (21, 18), (33, 31)):
        yield case(f'average pooling at {size[0]}x{size[1]}', size, mixed, pooling='AVERAGE')
    for size in ((22, 19), (16, 24)):
        yield case(f'normalised gradients at {size[0]}x{size[1]}', size, mixed, normalize=True)
    masks = [(22, 19, 1004), (13, 40, 1005), (57, 31, 1006)]
    yield case('a content mask', (22, 19), content('conv1_2', 'conv2_2', 'conv4_1', mask=0), masks=masks[:1])
    yield case('a style mask', (22, 19), style('conv1_1', 'conv2_2', 'conv4_1', weight=100, mask=0), masks=masks[:1])
    yield case('masks of other sizes', (21, 18), content('conv2_2', mask=0) + style('conv3_1', weight=100, mask=1)
               + style('conv5_1', weight=100, mask=1), masks=masks[1:])
    shared = (content('conv2_1', mask=0) + style('conv2_1', weight=100, mask=1)
              + style('conv2_1', weight=40, mask=2, salt=1008) + style('conv2_1', weight=20))
    yield case('three styles at one layer, two of them masked', (18, 22), shared, masks=masks)
    everything = shared + style('conv4_1', weight=50, mask=1) + content('conv3_2')
    yield case('masks with average pooling', (19, 22), everything, masks=masks, pooling='AVERAGE')
    yield case('masks with normalised gradients', (18, 22), everything, masks=masks, normalize=True)
    yield case('masks, average pooling, normalised gradients', (23, 17), everything, (30, 20), 'AVERAGE', True, masks)


def moment_cases():
    """Means and deviations beside Gram matrices."""
    masks = [(22, 19, 1004), (13, 40, 1005)]
    for layer in ('conv1_1', 'conv2_2', 'conv3_1', 'conv4_3', 'conv5_1'):
        yield case(f'moments at {layer}', (17, 22), style(layer, weight=100), (24, 15), moments=True)
    mixed = content('conv2_1', mask=0) + style('conv2_1', weight=100, mask=1) + style('conv2_1', 'conv3_3', weight=20)
    yield case('moments under masks', (18, 22), mixed, masks=masks, moments=True)
    yield case('moments with average pooling', (21, 18), mixed, masks=masks, moments=True, pooling='AVERAGE')
    yield case('moments with normalised gradients', (18, 22), mixed, masks=masks, moments=True, normalize=True)


def neighbor_cases():
    """Cosines with what places have taken."""
    def neighbors(*layers, **options):
        return [term('neighbors', layer, **options) for layer in layers]

    masks = [(22, 19, 1004), (13, 40, 1005)]
    for layer in ('conv1_1', 'conv2_2', 'conv3_1', 'conv4_3', 'conv5_1'):
        yield case(f'neighbours at {layer}', (19, 26), neighbors(layer, weight=10))
    mixed = content('conv2_1', weight=1e-4) + neighbors('conv1_2', mask=0) + neighbors('conv2_1', 'conv4_1', mask=1)
    yield case('neighbours under masks', (22, 19), mixed + neighbors('conv3_3'), masks=masks)
    yield case('neighbours with average pooling', (21, 18), mixed, masks=masks, pooling='AVERAGE')
    yield case('neighbours with normalised gradients', (18, 22), mixed, masks=masks, normalize=True)


def tie_cases():
    """Flat pictures, where all values of a window are its maximum. One pool only: the sums of deeper convolutions are
    rounded differently from place to place, and what is equal by mathematics is not by float32."""
    for width, height in ((24, 24), (23, 25)):
        yield case(f'a flat picture of {width}x{height}', (width, height), content('conv2_1'), flat=90.0)


def adam_cases():
    """torch.optim.Adam on fixed gradients: positions after every step."""
    for name, options in (('the defaults', {}), ('other constants', {'betas': (0.5, 0.9), 'eps': 0.1})):
        x = torch.tensor(noise(6, 1) * 100, requires_grad=True)
        optimizer = torch.optim.Adam([x], lr=10, **options)
        positions = []
        for step in range(8):
            x.grad = torch.tensor(noise(6, 10 + step) * 10.0 ** (step - 4))
            optimizer.step()
            positions.append(x.tolist())
        beta1, beta2 = optimizer.defaults['betas']
        yield {'name': name, 'beta1': beta1, 'beta2': beta2, 'epsilon': optimizer.defaults['eps'], 'positions': positions}


def classifier():
    """VGG16 with fully connected layers of 8, 6 and 5 units."""
    x = F.max_pool2d(forward(picture(224, 224, CONTENT), 'conv5_3')['conv5_3'], 2, 2)
    x = x.permute(0, 2, 3, 1).reshape(1, -1)
    units = (25088, 8, 6, 5)
    # Small enough that no class takes all the probability.
    scales = (0.01, 0.5, 0.2)
    for i, scale in enumerate(scales):
        kernel = (noise(units[i] * units[i + 1], 101 + i) * scale).astype(np.float32).astype(np.float64)
        bias = noise(units[i + 1], 201 + i).astype(np.float32).astype(np.float64)
        x = x @ torch.tensor(kernel.reshape(units[i], units[i + 1])) + torch.tensor(bias)
        if i < 2:
            x = F.relu(x)
    return {'salt': CONTENT, 'units': units[1:], 'scales': scales, 'probabilities': F.softmax(x, 1)[0].tolist()}


def write(name, value):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'golden', f'{name}.json')
    with open(path, 'w', encoding='utf-8') as file:
        if isinstance(value, dict):
            file.write(json.dumps(value) + '\n')
        else:
            file.write('[\n' + ',\n'.join(json.dumps(entry) for entry in value) + '\n]\n')
    print(f'{name}: {os.path.getsize(path)} bytes', file=sys.stderr)


if __name__ == '__main__':
    torch.set_num_threads(2)
    files = {'reference': reference_cases, 'layers': layer_cases, 'options': option_cases, 'moments': moment_cases,
             'neighbors': neighbor_cases,
             'ties': tie_cases, 'scales': scale_cases, 'moment_scales': moment_scale_cases, 'palettes': palette_cases, 'temporal': temporal_cases,
             'combinations': combination_cases,
             'adam': adam_cases, 'classifier': classifier}
    for name in sys.argv[1:] or files:
        write(name, files[name]())
