# Eyepiece and its default weights, built from the sources:
#   docker build -t eyepiece .
# or of the Debian package in out, which bin/release made, without Swift:
#   docker build -t eyepiece --target packaged .
# and run, with nothing to write to but the store:
#   docker run --rm --read-only -v eyepiece:/var/lib/eyepiece -p 127.0.0.1:8471:8471 \
#     -e EYEPIECE_ALLOW_ANONYMOUS=true eyepiece

FROM debian:12-slim AS weights
COPY Config/packages-weights.txt /tmp/packages.txt
RUN apt-get update \
  && sed 's/#.*//' /tmp/packages.txt | xargs apt-get install -y --no-install-recommends \
  && rm -rf /var/lib/apt/lists/*
COPY Weights/fetch /weights/fetch
RUN python3 /weights/fetch /weights

# All but the program: a user, its store, how it is started and asked.
FROM debian:12-slim AS service
RUN useradd --system --no-create-home --shell /usr/sbin/nologin eyepiece \
  && install -d -o eyepiece -g eyepiece /var/lib/eyepiece
COPY --from=weights /weights/dinov2_vits14.safetensors /opt/eyepiece/Weights/
# Inside a container the loopback address would reach nobody.
ENV EYEPIECE_HOST=0.0.0.0 EYEPIECE_PORT=8471 EYEPIECE_WEIGHTS=/opt/eyepiece/Weights \
  EYEPIECE_STORE=/var/lib/eyepiece
# What of an NVIDIA driver a container is given where there is one (docker run --gpus all).
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /var/lib/eyepiece
EXPOSE 8471
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD curl -fsS -o /dev/null "http://127.0.0.1:${EYEPIECE_PORT}/readyz"
ENTRYPOINT ["eyepiece"]
CMD ["serve"]

FROM service AS packaged
RUN --mount=type=bind,source=out,target=/packages apt-get update \
  && apt-get install -y --no-install-recommends curl /packages/eyepiece_*.deb \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
USER eyepiece

FROM swift:6.3-bookworm AS build
COPY Config/packages-build.txt /tmp/packages.txt
RUN apt-get update \
  && sed 's/#.*//' /tmp/packages.txt | xargs apt-get install -y --no-install-recommends \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /eyepiece
COPY Package.swift openapi.yaml ./
COPY Config Config
COPY Sources Sources
# The manifest names the tests' folders too.
COPY Tests Tests
RUN swift build -c release --product eyepiece --static-swift-stdlib

FROM service
COPY Config/packages-run.txt /tmp/packages.txt
RUN apt-get update \
  && sed 's/#.*//' /tmp/packages.txt | xargs apt-get install -y --no-install-recommends \
  && rm -rf /var/lib/apt/lists/* /tmp/packages.txt
WORKDIR /opt/eyepiece
COPY LICENSE openapi.yaml ./
COPY Config Config
COPY --from=build /eyepiece/.build/release/eyepiece /usr/local/bin/eyepiece
USER eyepiece
