import { describe, expect, it } from "vitest";
import { problemsOf, siteOf } from "./fake-module.ts";
import { hidden, redactor } from "./redact.ts";

const text = `
site: { name: x }
server: { port: "\${PORT:-4000}" }
adapters:
  - id: plant
    protocol: modbus
    host: \${HOST}
    password: \${PLANT_PASSWORD}
`;
const env = { HOST: "10.0.0.1", PLANT_PASSWORD: "open sesame" };

describe("references", () => {
  it("take their value from the environment, also where a number is wanted", () => {
    const site = siteOf(text, { env: { ...env, PORT: "4100" } });
    expect(site.server.port).toBe(4100);
    expect(site.adapters[0]?.config.link).toEqual({ host: "10.0.0.1", port: 502, password: "open sesame" });
    expect(siteOf(text, { env }).server.port).toBe(4000);
  });

  it("take a whole file, without its last line end", () => {
    const site = siteOf(text.replace("${PLANT_PASSWORD}", "file:/run/secrets/plant"), {
      env,
      files: { "/run/secrets/plant": "from a file\n" },
    });
    expect(site.adapters[0]?.config.link).toMatchObject({ password: "from a file" });
    expect(site.secrets).toContain("from a file");
  });

  it("that lead nowhere are told with their line and what to do", () => {
    expect(problemsOf(text)).toEqual([
      "plainview.yaml:7:11  adapters[plant].host: the environment variable HOST is not set; set it, or write ${HOST:-otherwise}",
      "plainview.yaml:8:15  adapters[plant].password: the environment variable PLANT_PASSWORD is not set; set it, or write ${PLANT_PASSWORD:-otherwise}",
    ]);
    expect(problemsOf(text.replace("${HOST}", "file:nowhere"), { env })).toEqual([
      "plainview.yaml:7:11  adapters[plant].host: the file nowhere does not exist",
    ]);
  });

  it("that are escaped stay as they are", () => {
    expect(siteOf("site: { name: 'price $${x}' }").name).toBe("price ${x}");
  });

  it("never show a secret: not in the description, not in the revision, not in a log", () => {
    const written = text.replace("${PLANT_PASSWORD}", "in-the-clear").replace("${HOST}", "postgres://me:in-a-url@host/x");
    for (const [site, secret] of [
      [siteOf(text, { env }), "open sesame"],
      [siteOf(written, { env }), "in-the-clear"],
      [siteOf(written, { env }), "in-a-url"],
    ] as const) {
      expect(site.secrets).toContain(secret);
      expect(JSON.stringify(site.described)).not.toContain(secret);
      expect(redactor(site.secrets)(`connecting with ${secret} failed`)).toBe(`connecting with ${hidden} failed`);
    }
    expect(siteOf(text, { env }).revision).toBe(siteOf(text, { env: { ...env, PLANT_PASSWORD: "another" } }).revision);
    expect(JSON.stringify(siteOf(text, { env }).described)).toContain("${PLANT_PASSWORD}");
  });
});
