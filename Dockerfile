# The page needs development packages, the service does not.
FROM node:24-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node scripts/build-web.ts

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production PARLANCE_HOME=/data
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY bin bin
COPY src src
COPY channels channels
COPY config config
COPY personas personas
COPY workflows workflows
COPY --from=page /app/src/web/dashboard/dist src/web/dashboard/dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 7420
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7420/health/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell or npm in between, so that SIGTERM arrives.
CMD ["node", "--max-semi-space-size=4", "bin/parlance.js", "start"]
