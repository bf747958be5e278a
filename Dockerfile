# `paypos simulate` as a container: docker build -t paypos . && docker run --rm -p 127.0.0.1:8650:8650 paypos
# Both are of one Debian, since a binary needs the libc that it was built with, or a newer one.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release --package paypos-cli

FROM debian:bookworm-slim
RUN useradd --system --no-create-home paypos \
    && apt-get update && apt-get install --yes --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/paypos /usr/local/bin/paypos
USER paypos
EXPOSE 8650
HEALTHCHECK --interval=5s --timeout=2s CMD ["curl", "--noproxy", "*", "--fail", "--silent", "http://127.0.0.1:8650/_paypos/health"]
ENTRYPOINT ["paypos"]
# Inside a container, loopback is the container's own.
CMD ["simulate", "--listen", "0.0.0.0:8650"]
