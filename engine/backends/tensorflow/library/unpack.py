"""Takes out of wheels what TensorFlow's C interface needs, in the layout of site-packages, which its run path expects.

    python3 unpack.py TARGET WHEEL...
"""
import fnmatch
import os
import sys
import zipfile

WANTED = [
    "tensorflow/libtensorflow_*.so.2",
    # What the binding is compiled with.
    "tensorflow/include/tensorflow/c/*",
    "tensorflow/include/tensorflow/core/platform/*",
    "tensorflow/include/absl/*",
    "tensorflow/include/tsl/*",
    "tensorflow/include/xla/tsl/*",
    # CUDA's libraries, and the assembler for GPUs that are newer than they are.
    "nvidia/*/lib/*.so*",
    "nvidia/cuda_nvcc/bin/ptxas",
    "nvidia/cuda_nvcc/nvvm/libdevice/*",
    "*.dist-info/*LICENSE*",
]

target, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if not any(fnmatch.fnmatch(member.filename, pattern) for pattern in WANTED):
                continue
            path = archive.extract(member, target)
            if "/bin/" in member.filename:
                os.chmod(path, 0o755)
