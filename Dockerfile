# Builds the program and the model folder, then keeps only what runs.
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
        libopenblas-dev liblapacke-dev libsqlite3-dev libpoppler-glib-dev libssl-dev libzip-dev libargon2-dev \
        libxml2-dev zlib1g-dev pkg-config curl python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY scripts scripts
RUN PROPERTYPRO_CACHE=/model-cache scripts/fetch-models
COPY Package.swift Package.swift
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product propertypro --static-swift-stdlib

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
        libopenblas0-pthread liblapacke libsqlite3-0 libpoppler-glib8 libssl3 libzip4 libargon2-1 libxml2 zlib1g \
        libstdc++6 ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /home/propertypro propertypro \
    && install -d -o propertypro -g propertypro /data
COPY --from=build /source/.build/release/propertypro /usr/local/bin/propertypro
COPY --from=build /model-cache/models /models
USER propertypro
ENV PROPERTYPRO_HOST=0.0.0.0 PROPERTYPRO_DATA=/data PROPERTYPRO_MODEL=/models/all-MiniLM-L6-v2
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD curl -fsS http://localhost:8000/api/v1/health || exit 1
CMD ["propertypro", "serve"]
