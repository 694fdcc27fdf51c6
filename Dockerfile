# syntax=docker/dockerfile:1
# The App as a non-root user, with what its runs need: git, bubblewrap, ripgrep and Python. compose.yml shows the options
# that bubblewrap needs of the engine. Pin the base by digest with --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs ./scripts/
COPY src ./src
RUN node scripts/build.mjs

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE} AS python
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
COPY scripts/python-requirements.txt /tmp/
RUN /usr/bin/python3 -m venv /opt/toolchain \
 && /opt/toolchain/bin/python -m pip install --no-cache-dir --only-binary=:all: --require-hashes -r /tmp/python-requirements.txt

FROM ${NODE_IMAGE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends bash bubblewrap ca-certificates git python3 ripgrep tini util-linux \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 architect \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/backend-architect --shell /usr/sbin/nologin architect \
 && install -d -o architect -g architect -m 0711 /var/lib/backend-architect
WORKDIR /app
COPY --from=python /opt/toolchain /opt/toolchain
COPY --from=packages /app/node_modules ./node_modules
COPY package.json app.yml LICENSE README.md ./
COPY agents ./agents
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    ARCHITECT_DATA=/var/lib/backend-architect \
    ARCHITECT_PYTHON=/opt/toolchain
USER architect
VOLUME /var/lib/backend-architect
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As process 1, tini ends what a killed command leaves; Node would not.
ENTRYPOINT ["/usr/bin/tini", "--"]
# Without a bound the young generation takes some 100 MB more while many runs are at work.
CMD ["node", "--max-semi-space-size=16", "dist/main.js", "start"]
