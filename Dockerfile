# The engine with all its faces, on the simulator and paper money until told otherwise.
#
#   docker build -t deltaring .
#   docker run -e MCP_TOKEN="$(openssl rand -hex 32)" -p 127.0.0.1:8080:8080 -p 127.0.0.1:9090:9090 \
#     -v deltaring-state:/var/lib/deltaring deltaring
#
# Inside a container the faces listen on all interfaces, so the engine asks for MCP_TOKEN; publish
# the ports on 127.0.0.1, or behind a proxy that speaks TLS. SIGTERM closes what has no stop at the
# broker and seals the audit log first: give it time (`docker stop --time 60`).

# glibc, as the native parts of the packages are built for it; 26 as .nvmrc says.
FROM node:26.10.0-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings Node, so the one that npm carries (an optional package) stays out.
RUN npm ci --omit=dev --omit=optional

FROM node:26.10.0-slim
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    PROMETHEUS_PORT=9090 \
    DELTARING_HOME=/var/lib/deltaring
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json package-lock.json LICENSE ./
COPY bin ./bin
COPY src ./src
RUN mkdir -p /var/lib/deltaring && chown node:node /var/lib/deltaring && chmod 0700 /var/lib/deltaring
USER node
VOLUME /var/lib/deltaring
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, so that SIGTERM reaches the engine and nothing stands between.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
