# The server in a container. Build and start it with: docker compose up --build
# The packages below repeat the list in scripts/lib/common.sh.

FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        git pkg-config curl python3 python3-pip \
        libopenblas-dev liblapacke-dev libsqlite3-dev libpoppler-glib-dev libssl-dev libzip-dev libargon2-dev \
        libxml2-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The model and the packages change seldom: their layers stay when only our sources change.
ENV PROPERTYPRO_CACHE=/cache
COPY scripts scripts
RUN scripts/fetch-models
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
# Not built, but the package names their folders.
COPY Tests Tests
RUN swift build -c release --product propertypro --static-swift-stdlib

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        ca-certificates curl tzdata libstdc++6 \
        libopenblas0-pthread liblapacke libsqlite3-0 libpoppler-glib8 libssl3 libzip4 libargon2-1 libxml2 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home propertypro \
    && install -d -o propertypro -g propertypro /data
COPY --from=build /source/.build/release/propertypro /opt/propertypro/
COPY --from=build /cache/models /opt/propertypro/cache/models
ENV PROPERTYPRO_CACHE=/opt/propertypro/cache SWIFT_BACKTRACE=enable=no
# Packs the weights, which the server's user may not write, for the precision that the building machine is fastest in.
RUN /opt/propertypro/propertypro embed /etc/debian_version > /dev/null \
    && chmod 644 /opt/propertypro/cache/models/*/*.packed
USER propertypro
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD curl --fail --silent --output /dev/null http://127.0.0.1:8000/api/v1/health
ENTRYPOINT ["/opt/propertypro/propertypro"]
CMD ["serve", "--data", "/data", "--host", "0.0.0.0", "--port", "8000"]
