# The image of the exporter: without a shell, a package manager and root, on a read-only file system.
#
#   docker build -t mongodbatlas-backup-exporter .
#   docker run --rm -p 127.0.0.1:19017:19017 --read-only --cap-drop ALL mongodbatlas-backup-exporter demo
#
# The config is read from /etc/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter.yml.

# Runs on the platform of the build host, because its result is only JavaScript.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24-bookworm-slim@sha256:6f7b03f7c2c8e2e784dcf9295400527b9b1270fd37b7e9a7285cf83b6951452d AS manifest
WORKDIR /app
COPY package.json package-lock.json ./

FROM manifest AS modules
# No install script of a package runs, and no production package needs one.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

FROM manifest AS build
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# The labels of the image must have the version of the program.
ARG VERSION=""
RUN node -e 'const { version } = require("./package.json"); const { VERSION } = process.env; \
  if (VERSION && VERSION !== version) throw new Error(`VERSION is ${VERSION}, package.json says ${version}`)'

FROM gcr.io/distroless/nodejs24-debian12:nonroot@sha256:14d42e2511532589a7c7e01a753667a74fcc96266e137e8125006b87b0c32d0a
COPY LICENSE package.json /app/
COPY --from=modules /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist

# The folder of the config and of relative paths.
WORKDIR /etc/mongodbatlas-backup-exporter
# A number, so that Kubernetes can check that it is not root.
USER 65532:65532
EXPOSE 19017

ARG VERSION=""
ARG REVISION=""
# By default `demo` listens on loopback, which is not reachable from outside of the container.
ENV NODE_ENV=production \
    MONGODBATLAS_BACKUP_EXPORTER_WEB_LISTEN_ADDRESS=:19017 \
    MONGODBATLAS_BACKUP_EXPORTER_REVISION=$REVISION
LABEL org.opencontainers.image.title="mongodbatlas-backup-exporter" \
      org.opencontainers.image.description="Prometheus exporter for MongoDB Atlas backup snapshot exports" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/mongodbatlas-backup-exporter/mongodbatlas-backup-exporter" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION

# In the exec form the program is process 1 and receives SIGTERM.
# A small young generation of V8: since Node.js 24 it grows with the machine and takes 100 MB that the program does not need.
ENTRYPOINT ["/nodejs/bin/node", "--max-semi-space-size=4", "/app/dist/main.js"]
# `health` gets its address from environment variables only. So set another port with …_WEB_LISTEN_ADDRESS and not with the flag, and
# with TLS set MONGODBATLAS_BACKUP_EXPORTER_URL=https://127.0.0.1:19017.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "/app/dist/main.js", "health"]
