#!/usr/bin/env bash
# Runs bench/gpu.ts, or the conformance suite on WebGPU, on a bare Linux x64 machine: no Deno, no packages, no network;
# Python with torch where there is one.
#
#     bash bench/gpu.sh [arguments of bench/gpu.ts]
#     bash bench/gpu.sh test
#
# Beside it lies either the unpacked bundle, or .bundle/gramcast-bench.tar.xz, which it unpacks (deno task bench:bundle).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -x "$root/deno" ]; then
  home=$(mktemp -d)
  trap 'rm -rf "$home"' EXIT
  tar -xJf "$root/.bundle/gramcast-bench.tar.xz" -C "$home"
  root=$home/gramcast-bench
fi
cd "$root"
export DENO_DIR=${DENO_DIR:-$(mktemp -d)} DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/tmp}
PYTHON=${PYTHON:-$(command -v python3 || command -v python || echo python3)}
export PYTHON
export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$root/lib
# NVIDIA's driver is a Vulkan driver too, but containers often lack the file that says so.
if ldconfig -p 2>/dev/null | grep -q libGLX_nvidia.so.0 && ! ls /usr/share/vulkan/icd.d/nvidia* /etc/vulkan/icd.d/nvidia* >/dev/null 2>&1; then
  printf '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}' >"$DENO_DIR/nvidia.json"
  export VK_ICD_FILENAMES=$DENO_DIR/nvidia.json
fi
if [ "${1:-}" = test ]; then
  ./deno test --allow-all --no-check --cached-only engine
else
  ./deno run --allow-all --cached-only bench/gpu.ts "$@"
fi
