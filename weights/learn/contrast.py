#!/usr/bin/env python3
"""Trains conv2_1 to conv3_3 of the built-in filters, above a conv1 that stays as it is: two crops of one picture, each in
other colours, are to find each other among the crops of all other pictures (SimCLR, Chen et al. 2020). Crops are told by
the mean and the root mean square of a layer's features; the squares are what Gram matrices have on their diagonals.

    contrast.py --below conv1.safetensors --out front.npz PICTURES...

PICTURES are what write_pictures.ts writes. OUT has conv1_1 to conv3_3 for `deno task learn-filters --below OUT`, each
filter on such a scale that its output has a deviation of 1. Needs torch, and a GPU: 3,144 steps of 512 crops take some
minutes there and far too long on a CPU. The same seed gives the same filters but for what a GPU rounds in another order.
"""
import argparse
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

PLAN = [('conv1_1', 3, 64), ('conv1_2', 64, 64), None, ('conv2_1', 64, 128), ('conv2_2', 128, 128), None,
        ('conv3_1', 128, 256), ('conv3_2', 256, 256), ('conv3_3', 256, 256)]
GIVEN = ('conv1_1', 'conv1_2')
# Layers whose features tell crops apart.
SEEN = {'conv2_2': 128, 'conv3_3': 256}
BGR_MEAN = (103.939, 116.779, 123.68)
CROP = 64
# A crop is enlarged by up to ZOOM, or its inverse, and its partner by up to exp(LOG_DIFFERENCE) more or less.
ZOOM, LOG_DIFFERENCE = 1.3, 0.2
TEMPERATURE = 0.15
LEARNING_RATE, WARM_UP = 2e-3, 50
# Pictures of each size on which outputs are measured, and the side of both.
MEASURED, MEASURED_SIDE = 32, 128
# A filter that hardly responds is enlarged as if it responded with this share of its layer's mean.
LEAST_SHARE = 0.1


class Front(nn.Module):
    """VGG16 up to conv3_3: given convolutions, then convolutions with batch normalisation."""

    def __init__(self, given):
        super().__init__()
        self.given = given
        trained = [layer for layer in PLAN if layer and layer[0] not in GIVEN]
        self.convs = nn.ModuleDict({name: nn.Conv2d(i, o, 3, padding=1, bias=False) for name, i, o in trained})
        self.norms = nn.ModuleDict({name: nn.BatchNorm2d(o, momentum=0.05) for name, _, o in trained})
        for conv in self.convs.values():
            nn.init.kaiming_normal_(conv.weight)

    def forward(self, x):
        """Features of the layers in SEEN, of pictures (n, 3, h, w) in BGR minus means."""
        features = {}
        for layer in PLAN:
            if layer is None:
                x = F.max_pool2d(x, 2, 2, ceil_mode=True)
                continue
            name = layer[0]
            if name in GIVEN:
                with torch.no_grad():
                    kernel, bias = self.given[name]
                    x = F.relu(F.conv2d(x.to(kernel.dtype), kernel, bias, padding=1))
            else:
                x = F.relu(self.norms[name](self.convs[name](x)))
            if name in SEEN:
                features[name] = x
        return features

    @torch.no_grad()
    def folded(self):
        """By name, kernel (HWIO) and bias of each trained convolution, its normalisation folded in."""
        convolutions = {}
        for name, conv in self.convs.items():
            norm = self.norms[name]
            factor = norm.weight / (norm.running_var + norm.eps).sqrt()
            kernel = conv.weight * factor.view(-1, 1, 1, 1)
            bias = norm.bias - norm.running_mean * factor
            convolutions[name] = kernel.permute(2, 3, 1, 0), bias
        return convolutions


class Head(nn.Module):
    """From a layer's features to a point on a sphere, where crops are compared."""

    def __init__(self, channels):
        super().__init__()
        self.project = nn.Sequential(nn.Linear(2 * channels, 512, bias=False), nn.BatchNorm1d(512), nn.ReLU(),
                                     nn.Linear(512, 128))

    def forward(self, features):
        features = features.float()
        deviation = (features.square().mean((2, 3)) + 1e-5).sqrt()
        return F.normalize(self.project(torch.cat([features.mean((2, 3)), deviation], 1)), dim=1)


class Crops:
    """Pairs of crops of pictures that lie one below the other, so that one call samples all."""

    def __init__(self, pictures, device):
        self.count, self.side = pictures.shape[:2]
        column = torch.from_numpy(pictures).to(device).permute(3, 0, 1, 2)
        self.column = column.reshape(1, 3, self.count * self.side, self.side).float()
        self.device = device
        self.mean = torch.tensor(BGR_MEAN, device=device).view(1, 3, 1, 1)

    def pairs(self, count):
        """2 count crops in BGR minus means; number i and number i + count are of one picture."""
        if count <= self.count:
            pictures = torch.randperm(self.count, device=self.device)[:count]
        else:
            pictures = torch.randint(self.count, (count,), device=self.device)
        zoom = torch.exp(self.between(count, -math.log(ZOOM), math.log(ZOOM)))
        edge = CROP * zoom / 2
        places = [edge + self.between(count, 0, 1) * (self.side - 2 * edge) for _ in range(4)]
        other = zoom * torch.exp(self.between(count, -LOG_DIFFERENCE, LOG_DIFFERENCE))
        crops = torch.cat([
            self.recoloured(self.cut(pictures, places[0], places[1], zoom)),
            self.recoloured(self.cut(pictures, places[2], places[3], other)),
        ])
        mirrored = (torch.rand(count, device=self.device) < 0.5).repeat(2)
        crops[mirrored] = crops[mirrored].flip(3)
        return (crops.flip(1) - self.mean).to(memory_format=torch.channels_last)

    def measured(self):
        """Pictures in BGR minus means, at half their size and their middles at full size, in the colours that they have."""
        pictures = self.column.view(3, self.count, self.side, self.side).transpose(0, 1)
        pictures = pictures[torch.randperm(self.count, device=self.device)[:MEASURED]]
        edge = (self.side - MEASURED_SIDE) // 2
        middles = pictures[:, :, edge:edge + MEASURED_SIDE, edge:edge + MEASURED_SIDE]
        small = F.interpolate(pictures, (MEASURED_SIDE, MEASURED_SIDE), mode='area')
        return torch.cat([small, middles]).flip(1) - self.mean

    def between(self, count, low, high):
        return low + (high - low) * torch.rand(count, device=self.device)

    def cut(self, pictures, x, y, zoom):
        """Crops (n, 3, CROP, CROP) around x and y, in pixels of the pictures."""
        side, height = self.side, self.count * self.side
        offsets = torch.arange(CROP, device=self.device) + 0.5 - CROP / 2
        columns = (x[:, None] + offsets * zoom[:, None]).clamp(0.5, side - 0.5)
        rows = (y[:, None] + offsets * zoom[:, None]).clamp(0.5, side - 0.5) + side * pictures[:, None]
        shape = (len(pictures), CROP, CROP)
        # In float64: rows go into the hundred thousands.
        grid = torch.stack([
            (2 * columns / side - 1)[:, None, :].expand(shape),
            (2 * rows.double() / height - 1).float()[:, :, None].expand(shape),
        ], 3)
        sampled = F.grid_sample(self.column, grid.reshape(1, -1, CROP, 2), mode='bilinear', align_corners=False)
        return sampled.view(3, *shape).transpose(0, 1)

    def recoloured(self, crops):
        """Each channel a random mix of all three, as a twin's (twin.ts) but wilder."""
        count = len(crops)
        contrast = 1 + 0.6 * (2 * torch.rand(count, 3, 1, device=self.device) - 1)
        leaning = 1.2 * (2 * torch.rand(count, 3, 3, device=self.device) - 1)
        mix = contrast * (1 / 3 + leaning - leaning.mean(2, keepdim=True))
        level = 128 + 42 * (2 * torch.rand(count, 3, 1, 1, device=self.device) - 1)
        return (torch.einsum('nij,njhw->nihw', mix, crops - 128) + level).clamp(0, 255)


def contrast(points):
    """Cross-entropy of finding a crop's partner among all others, by cosine."""
    similarity = points @ points.t() / TEMPERATURE
    similarity.fill_diagonal_(-1e4)
    partners = torch.arange(len(points), device=points.device).roll(len(points) // 2)
    return F.cross_entropy(similarity, partners)


@torch.no_grad()
def with_unit_deviation(convolutions, x):
    """The same network, kernel (HWIO) and bias by name, as arrays for a file, with outputs of deviation 1 on pictures x."""
    scaled, below = {}, torch.ones(3, device=x.device)
    for layer in PLAN:
        if layer is None:
            x = F.max_pool2d(x, 2, 2, ceil_mode=True)
            continue
        kernel, bias = convolutions[layer[0]]
        x = F.relu(F.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1))
        deviation = x.std((0, 2, 3))
        deviation = deviation.clamp(min=LEAST_SHARE * deviation.mean().item())
        kernel = kernel * below.view(1, 1, -1, 1) / deviation
        scaled[layer[0] + '_W'], scaled[layer[0] + '_b'] = kernel.cpu().numpy(), (bias / deviation).cpu().numpy()
        below = deviation
    return scaled


def read_convolution(path, name):
    """Kernel (HWIO) and bias of a convolution in a file of learn-filters: 8-bit codes times a factor for each filter."""
    with open(path, 'rb') as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), 'little')))
        start = file.tell()

        def array(key):
            entry = header[key]
            file.seek(start + entry['data_offsets'][0])
            kind = {'F32': np.float32, 'I8': np.int8}[entry['dtype']]
            values = np.fromfile(file, kind, math.prod(entry['shape'])).reshape(entry['shape'])
            return torch.from_numpy(values.astype(np.float32))
        return array(name + '.weight') * array(name + '.scale'), array(name + '.bias')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--below', required=True, help='what `deno task learn-filters --last conv1_2 --out …` writes')
    parser.add_argument('--out', required=True)
    parser.add_argument('--side', type=int, default=256, help='of the pictures')
    parser.add_argument('--steps', type=int, default=3144)
    parser.add_argument('--pairs', type=int, default=256, help='of crops in a step')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('pictures', nargs='+')
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print('There is no GPU: this will take very long', file=sys.stderr)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    precision = torch.bfloat16 if device == 'cuda' else torch.float32
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True

    below = {name: [part.to(device) for part in read_convolution(options.below, name)] for name in GIVEN}
    given = {name: (kernel.permute(3, 2, 0, 1).contiguous().to(precision), bias.to(precision))
             for name, (kernel, bias) in below.items()}
    front = Front(given).to(device, memory_format=torch.channels_last)
    heads = nn.ModuleDict({name: Head(channels) for name, channels in SEEN.items()}).to(device)
    raw = np.concatenate([np.fromfile(path, np.uint8) for path in options.pictures])
    crops = Crops(raw.reshape(-1, options.side, options.side, 3), device)
    print(f'{crops.count} pictures on {device}', flush=True)

    parameters = [*front.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=1e-4, betas=(0.9, 0.98))
    for step in range(options.steps):
        rate = LEARNING_RATE * min(1, step / WARM_UP + 0.02) * (0.5 + 0.5 * math.cos(math.pi * step / options.steps))
        for group in optimizer.param_groups:
            group['lr'] = rate
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=device == 'cuda'):
            features = front(crops.pairs(options.pairs))
        losses = {name: contrast(heads[name](seen)) for name, seen in features.items()}
        (sum(losses.values()) / len(losses)).backward()
        optimizer.step()
        if step % 200 == 0 or step == options.steps - 1:
            print(f'step {step}:', {name: round(loss.item(), 3) for name, loss in losses.items()}, flush=True)

    np.savez(options.out, **with_unit_deviation(below | front.folded(), crops.measured()))


if __name__ == '__main__':
    main()
