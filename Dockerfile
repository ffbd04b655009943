# Duebook in a container:
#
#     docker build -t duebook .
#     docker run --init -p 4400:4400 -v duebook:/data duebook

FROM node:22-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
# Tailwind and Binaryen come from npm; Debian 12's own Node.js is too old for them.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
    && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
WORKDIR /build
# Tools and packages first, from the few files they depend on: an edit of the sources then rebuilds neither. Cargo wants
# every member of the workspace to have a target, hence the empty ones.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock ./
COPY xtask xtask
COPY domain/Cargo.toml domain/
COPY ledger/Cargo.toml ledger/
COPY app/Cargo.toml app/
COPY frontend/Cargo.toml frontend/
COPY server/Cargo.toml server/
COPY bench/Cargo.toml bench/
COPY style/package.json style/package-lock.json style/
RUN for crate in domain ledger app frontend server; do mkdir -p $crate/src && touch $crate/src/lib.rs; done \
    && for crate in server bench; do mkdir -p $crate/src && echo 'fn main() {}' > $crate/src/main.rs; done \
    && cargo xtask setup
COPY . .
RUN cargo xtask build

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin duebook \
    && install -d -o duebook -g duebook /data
WORKDIR /app
COPY --from=build /build/target/release/duebook /app/duebook
# The same places as in a checkout, so that Leptos.toml is right as it stands.
COPY --from=build /build/target/site /app/target/site
COPY Leptos.toml NOTICE.md ./
COPY LICENSES LICENSES
USER duebook
ENV DUEBOOK_ADDR=0.0.0.0:4400 \
    DUEBOOK_DATA_DIR=/data
VOLUME /data
EXPOSE 4400
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["curl", "--fail", "--silent", "--output", "/dev/null", "http://127.0.0.1:4400/healthz"]
ENTRYPOINT ["/app/duebook"]
CMD ["serve"]
