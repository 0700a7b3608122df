# The exporter as an image: no shell, no package manager, no root, nothing to write to.
#
#   docker build -t mongodbatlas-backup-exporter .
#   docker run --rm -p 127.0.0.1:19017:19017 --read-only --cap-drop ALL mongodbatlas-backup-exporter demo
#
# The config is looked for at /etc/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter.yml.

# On the machine that builds, whatever the image is for: what comes out is JavaScript alone.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24-bookworm-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json ./

FROM manifest AS modules
# No package's install script runs, and none of those that stay needs one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM manifest AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# What the labels will say must be what the program says of itself.
ARG VERSION=""
RUN node -e 'const { version } = require("./package.json"); const { VERSION } = process.env; \
  if (VERSION && VERSION !== version) throw new Error(`VERSION is ${VERSION}, package.json says ${version}`)'

FROM gcr.io/distroless/nodejs24-debian12:nonroot
COPY LICENSE package.json /app/
COPY --from=modules /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist

# Relative paths in the config, and the config itself, are looked for here.
WORKDIR /etc/mongodbatlas-backup-exporter
# As a number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 19017

ARG VERSION=""
ARG REVISION=""
# `demo` would listen on loopback, where nobody outside of the container can reach it.
ENV NODE_ENV=production \
    MONGODBATLAS_BACKUP_EXPORTER_WEB_LISTEN_ADDRESS=:19017 \
    MONGODBATLAS_BACKUP_EXPORTER_REVISION=$REVISION
LABEL org.opencontainers.image.title="mongodbatlas-backup-exporter" \
      org.opencontainers.image.description="Prometheus exporter for MongoDB Atlas backup snapshot exports" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION

# In the exec form the program is process 1 and gets SIGTERM itself.
# Small young generations: from Node 24 on they grow with the machine and take 100 MB that the program has no use for.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=8", "/app/dist/main.js"]
# Told by variables alone where to ask: another port by …_WEB_LISTEN_ADDRESS rather than by the flag, and where there is TLS,
# MONGODBATLAS_BACKUP_EXPORTER_URL=https://127.0.0.1:19017.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/dist/main.js", "health"]
