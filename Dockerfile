# Gramcast on the CPU.
#
#   docker build -t gramcast .
#   docker run --rm -p 4000:4000 -v gramcast:/data gramcast
#
# Every setting is an environment variable (`-e CORS_ORIGINS=*`); transfers and pictures are in /data, weights in the image. One's
# own are mounted: `-v ./vgg16.npy:/vgg16.npy:ro -e WEIGHTS=/vgg16.npy`.
# It listens for others (HOST=0.0.0.0) and so asks for keys. The first start prints one for the admin, once, and an address that signs
# in with it: `docker logs`. More are made by `docker exec … deno task keys create NAME`; docs/operations.md has the rest.
# It needs nothing else that can be written: `--read-only --cap-drop ALL --security-opt no-new-privileges` works.

FROM denoland/deno:debian-2.9.6 AS packages
WORKDIR /app
COPY deno.json deno.lock ./
# Exactly what is locked, checksums included; no package's install script is run. ONNX Runtime comes for three systems.
RUN deno ci && rm -rf "$DENO_DIR"/npm/*/onnxruntime-node/*/bin/napi-v6/darwin "$DENO_DIR"/npm/*/onnxruntime-node/*/bin/napi-v6/win32

FROM denoland/deno:debian-2.9.6
LABEL org.opencontainers.image.title="Gramcast" \
  org.opencontainers.image.description="Repaints a picture in the style of others, and broadcasts it while it emerges" \
  org.opencontainers.image.licenses="MIT"
RUN install -d -o deno -g deno /data
COPY --from=packages --chown=deno:deno /deno-dir /deno-dir
WORKDIR /app
COPY . .
USER deno
ENV HOST=0.0.0.0 PORT=4000 DATA_DIR=/data DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1
VOLUME /data
EXPOSE 4000
# During a transfer too: steps are computed in a process of their own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["deno", "eval", "const { ok } = await fetch(`http://127.0.0.1:${Deno.env.get('PORT')}/health`); Deno.exit(ok ? 0 : 1)"]
# The task names the permissions; SIGTERM reaches the server, which stops in an orderly way.
CMD ["deno", "task", "--quiet", "start"]
