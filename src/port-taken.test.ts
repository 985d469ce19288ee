import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadSite } from "#src/config/index.ts";
import { silentLog } from "#src/kit/log.ts";
import { openGateway } from "#src/gateway.ts";

it("a port in use ends the start before anything slow is begun", async () => {
  const other = createServer();
  await once(other.listen(0, "127.0.0.1"), "listening");
  const { port } = other.address() as AddressInfo;
  const folder = join(tmpdir(), `plainview-never-made-${port}`);
  const text = `site: { name: taken }\nserver: { port: ${port} }\nauth: { loopback: operator }\ndata: { folder: ${folder} }\n`;
  const loaded = loadSite(text, { modules: [], env: {}, path: "taken.yaml", readFile: () => "" });
  if ("problems" in loaded) throw new Error(loaded.problems.map(({ message }) => message).join("; "));
  const steps: string[] = [];
  const starting = openGateway(loaded.site, { version: "test", log: silentLog, progress: (step) => steps.push(step) });
  await expect(starting).rejects.toMatchObject({ code: "port-in-use" });
  expect({ steps, journal: existsSync(join(folder, "journal")) }).toEqual({ steps: [], journal: false });
  other.close();
});
