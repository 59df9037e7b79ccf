"""The weighted objective of a whole scale in float64: what engine/descent/prepared_scale.ts makes of a transfer's options."""
import base64

import numpy as np
import torch
import torch.nn.functional as F

from golden_network import differentiate, forward, gram, mask_at, means, noise, picture, with_rounding

START = 1003
LEAST_CONTENT = 0.5
LEAST_DISTANCE = 0.1


def picture8(width, height, salt):
    """An 8-bit picture (H, W, 3), as formulaPicture() in engine/testing/formula.ts."""
    return np.floor((noise(3 * width * height, salt) + 1) * 128).reshape(height, width, 3)


def nearest(image, width, height):
    """Resized as nearestResize() in engine/testing/nearest.ts."""
    rows = np.floor((np.arange(height) + 0.5) * image.shape[0] / height).astype(int)
    columns = np.floor((np.arange(width) + 0.5) * image.shape[1] / width).astype(int)
    return image[rows][:, columns]


def tensor(image):
    return torch.tensor(image).permute(2, 0, 1)[None].contiguous()


def fit(width, height, longest):
    scale = longest / max(width, height)
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def total_variation(x):
    """Mean over pixels and channels of the squared differences to the right and lower neighbour."""
    return (((x[..., 1:] - x[..., :-1]) ** 2).sum() + ((x[..., 1:, :] - x[..., :-1, :]) ** 2).sum()) / x.numel()


def colours(image, weights=None):
    """Mean and covariance of an image (H, W, 3), pixels weighted, with one grey level on the diagonal; as color_statistics.ts."""
    rows = image.reshape(-1, 3)
    weights = torch.ones(len(rows), dtype=torch.float64) if weights is None else weights.reshape(-1)
    mean = weights @ rows / weights.sum()
    apart = rows - mean
    return mean, (weights[:, None] * apart).T @ apart / weights.sum() + torch.eye(3, dtype=torch.float64)


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


def palette_distance(own, wanted):
    """Squared distance of normal distributions, per channel; the trace of the middle root by the eigenvalues of a product,
    which is another way than that of engine/objective/palette.ts."""
    half = root(wanted[1])
    middle = torch.linalg.eigvalsh(half @ own[1] @ half).clamp(min=0).sqrt().sum()
    return (((own[0] - wanted[0]) ** 2).sum() + own[1].trace() + wanted[1].trace() - 2 * middle) / 3


def mixture(parts):
    mean = sum(part * each[0] for part, each in parts)
    return mean, sum(part * (each[1] + torch.outer(each[0] - mean, each[0] - mean)) for part, each in parts)


def whitener(target, share):
    """R with RᵀR the inverse of (1 - share) I + share A C / tr A, as engine/objective/whitening.ts."""
    channels = target.shape[0]
    metric = (1 - share) * torch.eye(channels, dtype=torch.float64) + share * channels / target.trace() * target
    return torch.linalg.inv(torch.linalg.cholesky(metric))


def mask(spec):
    return picture8(*spec).sum(2) / 765


@with_rounding
def scale_case(name, size, content, styles, content_layers=(), style_layers=(), content_mask=None, weights=(0.1, 500.0, 0.0),
               pooling='MAX', style_scale=1.0, normalize_gradients=False, normalize_losses=False, whitening=0.0,
               moments=False, palette=0.0, kept=None):
    """`content` is (width, height, salt); a style is (width, height, salt, weight, mask or None), masks like `content`.
    `kept` is (start picture, mask, temporalWeight): the part of the start picture that the temporal loss stays near to."""
    width, height = fit(content[0], content[1], size)
    terms, targets, shares, masks = [], [], [], []
    whole = sum(style[3] for style in styles)
    blended = [style for style in styles if style[4] is None]

    def style_features(style, layer):
        style_size = fit(style[0], style[1], int(size * style_scale + 0.5))
        return forward(tensor(nearest(picture8(*style[:3]), *style_size)), layer, pooling)[layer].detach()

    def style_gram(style, layer):
        return gram(style_features(style, layer))

    def figures_of(some, layer):
        blend = lambda of: sum(style[3] * of(style_features(style, layer)) for style in some) / sum(style[3] for style in some)
        return (blend(gram), blend(means)) if moments else blend(gram)

    def add(kind, layer, target, share, mask_index):
        shares.append(share)
        targets.append(target)
        figures = target[0] if isinstance(target, tuple) else target
        terms.append({'kind': kind, 'layer': layer, 'mask': mask_index, 'weight': 1.0,
                      'whitener': whitener(figures, whitening) if kind == 'style' and whitening else None})

    if content_mask:
        masks.append(mask(content_mask))
    seen = tensor(nearest(picture8(*content), width, height))
    for layer, weight in content_layers:
        target = forward(seen, layer, pooling)[layer].detach()
        add('content', layer, target, weight, 0 if content_mask else None)

    for style in styles:
        if style[4] is not None:
            masks.append(mask(style[4]))
            for layer, weight in style_layers:
                add('style', layer, figures_of([style], layer), weight * style[3] / whole, len(masks) - 1)
    part = sum(style[3] for style in blended)
    for layer, weight in style_layers if part else ():
        add('style', layer, figures_of(blended, layer), weight * part / whole, None)

    if normalize_losses:
        distances, _ = differentiate(seen.clone(), terms, targets, masks, pooling, False)
        for i, (each, target) in enumerate(zip(terms, targets)):
            if each['kind'] == 'content':
                style = sum(style[3] / whole * style_gram(style, each['layer']).trace() for style in styles).item()
                shares[i] /= max((target ** 2).mean().item(), LEAST_CONTENT * style)
            else:
                figures = target[0] if isinstance(target, tuple) else target
                even = figures.trace().item() ** 2 / figures.shape[0] ** 3
                shares[i] /= max(distances[i], LEAST_DISTANCE * even)
    palettes = palette_terms(content, styles, size, (width, height), style_scale, palette, normalize_losses)
    for each, share in zip(terms, shares):
        each['weight'] = weights[0 if each['kind'] == 'content' else 1] * share

    x = picture(width, height, START)
    losses, gradient = differentiate(x, terms, targets, masks, pooling, normalize_gradients)
    x = x.detach().requires_grad_(True)
    tv = total_variation(x)
    gradient = gradient + weights[2] * torch.autograd.grad(tv, x)[0][0].permute(1, 2, 0).reshape(-1)
    if palettes:
        value = sum(share * palette_distance(colours(x[0].permute(1, 2, 0), where), wanted) for wanted, where, share in palettes)
        gradient = gradient + weights[1] * torch.autograd.grad(value, x)[0][0].permute(1, 2, 0).reshape(-1)
    temporal = 0.0
    if kept:
        wanted = tensor(nearest(picture8(*kept[0]), width, height))
        visible = F.adaptive_avg_pool2d(torch.tensor(mask(kept[1]))[None, None], (height, width))
        value = kept[2] * (visible * (x - wanted) ** 2).mean()
        gradient = gradient + torch.autograd.grad(value, x)[0][0].permute(1, 2, 0).reshape(-1)
        temporal = value.item()
    layers = {}
    for each, share, loss in zip(terms, shares, losses):
        key = (each['kind'], each['layer'])
        layers[key] = layers.get(key, 0) + share * loss
    if palettes:
        layers['style', 'palette'] = value.item()
    sums = {kind: sum(value for key, value in layers.items() if key[0] == kind) for kind in ('content', 'style')}
    options = {'size': size, 'contentWeight': weights[0], 'styleWeight': weights[1], 'tvWeight': weights[2],
               'contentLayers': [{'layer': layer, 'weight': weight} for layer, weight in content_layers],
               'styleLayers': [{'layer': layer, 'weight': weight} for layer, weight in style_layers], 'pooling': pooling,
               'styleScale': style_scale, 'normalizeGradients': normalize_gradients, 'normalizeLosses': normalize_losses,
               'whitening': whitening, **({'styleMatch': 'GRAM_AND_MOMENTS'} if moments else {}),
               **({'paletteWeight': palette} if palette else {}), **({'temporalWeight': kept[2]} if kept else {})}
    specify = lambda spec: spec and dict(zip(('width', 'height', 'salt'), spec))
    return {'name': name, 'options': options, 'content': specify(content), 'contentMask': specify(content_mask),
            **({'initPicture': specify(kept[0]), 'kept': specify(kept[1])} if kept else {}),
            'styles': [{**specify(style[:3]), 'weight': style[3], 'mask': specify(style[4])} for style in styles],
            'losses': {'total': weights[0] * sums['content'] + weights[1] * sums['style'] + weights[2] * tv.item() + temporal, **sums,
                       'tv': tv.item(), 'layers': [{'kind': kind, 'layer': layer, 'value': value}
                                                   for (kind, layer), value in layers.items()]},
            'gradient': base64.b64encode(gradient.numpy().astype('<f4').tobytes()).decode()}


def palette_terms(content, styles, size, own_size, style_scale, weight, normalize_losses):
    """Mean and covariance that are wanted, the weight of each pixel, and the share of the term."""
    def of(style):
        style_size = fit(style[0], style[1], int(size * style_scale + 0.5))
        return colours(torch.tensor(nearest(picture8(*style[:3]), *style_size)))

    if weight == 0:
        return []
    whole = sum(style[3] for style in styles)
    blended = [style for style in styles if style[4] is None and style[3] > 0]
    part = sum(style[3] for style in blended)
    groups = [(of(style), mask_at(mask(style[4]), *own_size[::-1]).reshape(-1) ** 2, style[3] / whole)
              for style in styles if style[4]]
    if part:
        groups.append((mixture([(style[3] / part, of(style)) for style in blended]), None, part / whole))
    seen = torch.tensor(nearest(picture8(*content), *own_size))
    terms = []
    for wanted, where, part in groups:
        distance = palette_distance(colours(seen, where), wanted).item()
        spread = wanted[1].trace().item() / 3
        terms.append((wanted, where, weight * part / (max(distance, LEAST_DISTANCE * spread) if normalize_losses else 1)))
    return terms


def scale_cases():
    content = (48, 33, 2001)
    plain = (40, 52, 2002, 1.0, None)
    layers = {'content_layers': (('conv2_2', 1.0), ('conv4_1', 0.5)),
              'style_layers': (('conv1_1', 1.0), ('conv3_1', 2.0), ('conv4_3', 0.25))}
    several = [plain, (33, 33, 2003, 2.5, None), (64, 20, 2004, 0.5, None)]
    masked = [(40, 52, 2002, 1.0, (30, 20, 2010)), (33, 33, 2003, 2.0, (48, 33, 2011)), (64, 20, 2004, 0.5, None)]
    yield scale_case('one style', 32, content, [plain], **layers)
    yield scale_case('total variation', 37, content, [plain], weights=(0.1, 500.0, 0.7), **layers)
    yield scale_case('total variation alone counts', 33, content, [plain], weights=(0.0, 0.0, 2.0), **layers)
    yield scale_case('content alone', 32, content, [plain], content_layers=layers['content_layers'])
    yield scale_case('style alone', 32, content, [plain], style_layers=layers['style_layers'])
    yield scale_case('a layer weight of 0', 32, content, [plain], content_layers=(('conv1_1', 0.0), ('conv2_1', 1.0)),
                     style_layers=(('conv3_1', 0.0), ('conv2_2', 1.0)))
    yield scale_case('several styles', 33, content, several, **layers)
    yield scale_case('a style of weight 0', 32, content, [plain, (33, 33, 2003, 0.0, None)], **layers)
    yield scale_case('style masks', 33, content, masked, **layers)
    yield scale_case('a content mask', 35, content, [plain], content_mask=(17, 60, 2012), **layers)
    yield scale_case('normalised losses', 32, content, several, normalize_losses=True, weights=(0.3, 1.0, 1e-4), **layers)
    yield scale_case('normalised gradients', 32, content, several, normalize_gradients=True, **layers)
    for style_scale in (0.5, 1.5):
        yield scale_case(f'style scale {style_scale}', 32, content, [plain], style_scale=style_scale, **layers)
    yield scale_case('whitened Gram matrices', 32, content, several, whitening=0.5, **layers)
    yield scale_case('whitened Gram matrices under masks', 33, content, masked, whitening=0.9, normalize_losses=True,
                     weights=(0.1, 1.0, 0.0), **layers)
    every = {'content_mask': (17, 60, 2012), 'weights': (0.3, 2.0, 0.01), 'style_scale': 0.8, **layers}
    yield scale_case('everything', 35, content, masked, pooling='AVERAGE', normalize_losses=True, **every)
    yield scale_case('everything with normalised gradients', 35, content, masked, normalize_losses=True,
                     normalize_gradients=True, **every)


def moment_scale_cases():
    """Means and deviations beside Gram matrices, with the options that meet them."""
    content = (48, 33, 2001)
    styles = [(40, 52, 2002, 1.0, (30, 20, 2010)), (33, 33, 2003, 2.0, None), (64, 20, 2004, 0.5, None)]
    layers = {'content_layers': (('conv2_2', 1.0), ('conv4_1', 0.5)),
              'style_layers': (('conv1_1', 1.0), ('conv3_1', 2.0), ('conv4_3', 0.25)), 'moments': True}
    yield scale_case('moments', 32, content, [(40, 52, 2002, 1.0, None)], **layers)
    yield scale_case('moments of several styles under masks', 33, content, styles, content_mask=(17, 60, 2012), **layers)
    yield scale_case('moments with normalised losses', 32, content, styles, normalize_losses=True, weights=(0.3, 1.0, 1e-4),
                     **layers)
    yield scale_case('moments beside whitened Gram matrices', 32, content, styles, normalize_losses=True, whitening=0.9,
                     pooling='AVERAGE', weights=(0.1, 1.0, 0.0), **layers)


def palette_cases():
    """Colours beside what the network sees."""
    content = (48, 33, 2001)
    plain = (40, 52, 2002, 1.0, None)
    styles = [(40, 52, 2002, 1.0, (30, 20, 2010)), (33, 33, 2003, 2.0, None), (64, 20, 2004, 0.5, None)]
    layers = {'content_layers': (('conv2_2', 1.0),), 'style_layers': (('conv2_1', 1.0),)}
    yield scale_case('the palette of one style', 24, content, [plain], palette=2.0, **layers)
    yield scale_case('palettes of several styles under masks', 24, content, styles, palette=3.0, style_scale=1.5, **layers)
    yield scale_case('palettes with normalised losses', 24, content, styles, palette=5.0, normalize_losses=True,
                     weights=(0.3, 1.0, 1e-4), **layers)


def temporal_cases():
    """Frames of a moving picture: the mask is that of twice their size, so that its blocks have means."""
    content = (48, 33, 2001)
    plain = (40, 52, 2002, 1.0, None)
    layers = {'content_layers': (('conv2_2', 1.0),), 'style_layers': (('conv2_1', 1.0),)}
    kept = ((48, 33, 2020), (48, 34, 2021))
    yield scale_case('the temporal loss', 24, content, [plain], kept=(*kept, 30.0), **layers)
    yield scale_case('the temporal loss with normalised losses', 24, content, [plain], kept=(*kept, 1e-3), normalize_losses=True,
                     weights=(0.3, 1.0, 1e-4), **layers)


LAYERS = ('conv1_1', 'conv1_2', 'conv2_1', 'conv2_2', 'conv3_1', 'conv3_2', 'conv3_3', 'conv4_1')


def combination_cases():
    """Options drawn at random, in combination: sizes of 17 to 48 pixels, aspect ratios up to 2:5."""
    random = np.random.RandomState(4)
    choose = lambda *values: values[random.randint(len(values))]
    salts = iter(range(3000, 4000))
    picture_of = lambda low, high: (random.randint(low, high), random.randint(low, high), next(salts))
    layers = lambda most: tuple((name, choose(0.3, 1.0, 2.5)) for name in
                                sorted(random.choice(LAYERS, random.randint(1, most + 1), replace=False)))
    mask_or_none = lambda: choose(None, picture_of(8, 70))
    for number in range(1, 9):
        styles = [(*picture_of(20, 50), choose(0.5, 1.0, 2.0), mask_or_none()) for _ in range(random.randint(1, 4))]
        yield scale_case(f'combination {number}', random.randint(17, 49), picture_of(20, 50), styles, layers(2), layers(4),
                         mask_or_none(), (choose(0.1, 1.0), choose(1.0, 500.0), choose(0.0, 0.05, 1.0)), choose('MAX', 'AVERAGE'),
                         choose(0.6, 1.0, 1.7), choose(False, True), choose(False, True), (0.0, 0.8)[number > 6])
