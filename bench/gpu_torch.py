#!/usr/bin/env python3
"""Seconds per step of the article's optimisation in PyTorch, and what the device reaches in large products.

    gpu_torch.py --device cuda --sizes 256,512,668 --seconds 3

Prints lines of JSON: the device with its measured peaks (TFLOP/s), then one line for each size. On CUDA it allows TF32,
lets cuDNN choose its algorithms and keeps features in channels_last; on the CPU it measures both orders of memory and takes
the faster. Needs torch and nothing else: the weights are random, for what they are takes no time.
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn.functional as F

CHANNELS = [(3, 64), (64, 64), None, (64, 128), (128, 128), None, (128, 256), (256, 256), (256, 256), None,
            (256, 512), (512, 512), (512, 512)]
# conv1_1, conv2_1 and conv4_3, counted over the table above.
CONTENT, STYLE = (0, 3), (12,)
MEAN = (103.939, 116.779, 123.68)
CONTENT_WEIGHT, STYLE_WEIGHT, LEARNING_RATE = 0.1, 500.0, 10.0


def synchronize(device):
    if device.type == 'cuda':
        torch.cuda.synchronize()


def timed(device, call):
    synchronize(device)
    started = time.perf_counter()
    call()
    synchronize(device)
    return time.perf_counter() - started


def peak(device, tf32, dtype=torch.float32):
    """TFLOP/s of a large matrix product or a 3x3 convolution of 512 channels, whichever is faster."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    side, height = (8192, 256) if device.type == 'cuda' else (512, 64)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    x = torch.randn(1, 512, height, height, device=device).to(dtype).contiguous(memory_format=torch.channels_last)
    kernel = torch.randn(512, 512, 3, 3, device=device).to(dtype).contiguous(memory_format=torch.channels_last)
    calls = [(2 * side ** 3, lambda: torch.mm(a, b)),
             (2 * 9 * (512 * height) ** 2, lambda: F.conv2d(x, kernel, padding=1))]
    return max(flops / min(timed(device, call) for _ in range(5)) for flops, call in calls) / 1e12


def network(device, memory_format):
    kernels = [None if pair is None else
               (torch.randn(pair[1], pair[0], 3, 3) * (2 / (9 * pair[0])) ** 0.5,
                torch.zeros(pair[1])) for pair in CHANNELS]
    kernels = [None if pair is None else (pair[0].to(device).contiguous(memory_format=memory_format), pair[1].to(device))
               for pair in kernels]
    mean = torch.tensor(MEAN, device=device).view(1, 3, 1, 1)

    def forward(rgb):
        x, outputs = rgb.flip(1) - mean, []
        for pair in kernels:
            x = F.max_pool2d(x, 2, ceil_mode=True) if pair is None else F.relu(F.conv2d(x, *pair, padding=1))
            outputs.append(x)
        return outputs

    return forward


def gram(x):
    _, c, h, w = x.shape
    features = x.reshape(c, h * w)
    return features @ features.t() / (c * h * w)


def measure(device, size, seconds, memory_format):
    forward = network(device, memory_format)
    pictures = [(255 * torch.rand(1, 3, size, size)).to(device).contiguous(memory_format=memory_format)
                for _ in range(3)]
    with torch.no_grad():
        features, grams = forward(pictures[0]), forward(pictures[1])
        features = {i: features[i].clone() for i in CONTENT}
        grams = {i: gram(grams[i]) for i in STYLE}
    picture = pictures[2].requires_grad_(True)
    optimizer = torch.optim.Adam([picture], lr=LEARNING_RATE)

    def step():
        optimizer.zero_grad(set_to_none=True)
        outputs = forward(picture)
        content = sum(((outputs[i] - features[i]) ** 2).mean() for i in CONTENT)
        style = sum(((gram(outputs[i]) - grams[i]) ** 2).mean() for i in STYLE)
        (CONTENT_WEIGHT * content + STYLE_WEIGHT * style).backward()
        optimizer.step()
        # As every engine: the losses are read after each step.
        return content.item(), style.item()

    for _ in range(2):
        step()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or (len(times) < 100 and time.perf_counter() < end):
        times.append(timed(device, step))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--sizes', default='256')
    parser.add_argument('--seconds', type=float, default=3)
    parser.add_argument('--threads', type=int, default=0)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    # Left alone, some builds run on more threads than there are cores.
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    cuda = device.type == 'cuda'
    torch.backends.cudnn.benchmark = True
    peaks = {'float32': peak(device, False)}
    if cuda:
        peaks['tf32'] = peak(device, True)
        peaks['float16'] = peak(device, True, torch.float16)
    name = torch.cuda.get_device_name(device) if cuda else 'cpu'
    print(json.dumps({'version': torch.__version__, 'device': name, 'peaks': peaks}), flush=True)
    formats = [torch.channels_last] if cuda else [torch.contiguous_format, torch.channels_last]
    for size in map(int, arguments.sizes.split(',')):
        seconds = min(measure(device, size, arguments.seconds, each) for each in formats)
        print(json.dumps({'size': size, 'step': seconds}), flush=True)


if __name__ == '__main__':
    main()
