# The gateway and the demo plant, from one image. Development dependencies stay in: the screen is built from its sources.
FROM node:24-bookworm-slim AS plainview
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node --input-type=module -e "await (await import('./dashboard/build.ts')).buildDashboard()" && mkdir -p /data && chown node:node /data
USER node
EXPOSE 4000
VOLUME /data
ENTRYPOINT ["node", "src/cli/plainview.js"]
CMD ["start", "/app/demo/compose.yaml"]
