import { existsSync } from "node:fs";
import type { Command } from "commander";
import { isGood } from "#msgs/quality.ts";
import { messageOf } from "#src/kit/errors.ts";
import { formatProblem } from "#src/config/index.ts";
import type { SiteAdapter } from "#src/config/site.ts";
import { action, gatewayOptions, http, show, urlOf } from "../context.ts";
import type { Context, GatewayOptions } from "../context.ts";
import type { HttpClient } from "#msgs/client/http.ts";
import { loadAt, sitePath } from "../site.ts";
import { qualityOf } from "./points.ts";

interface Finding {
  readonly id: string;
  readonly state: "well" | "worth a look" | "wrong";
  readonly says: string;
}

export function addDoctor(program: Command, context: Context): void {
  gatewayOptions(
    program.command("doctor").description("look at everything there is and say what is wrong and what to do").argument("[site-file]"),
  )
    .addHelpText("after", "\nLooks at this machine, the site file, and the gateway if one runs. Exit code 1 when something is wrong.")
    .action(
      action(context, async (siteFile: string | undefined, options: GatewayOptions) => {
        const findings = [nodeVersion(), ...(await siteFileState(context, siteFile)), ...(await gatewayState(context, options))];
        const marks = { well: "ok ", "worth a look": "?  ", wrong: "!! " } as const;
        show(context, options, findings, () => findings.map(({ state, says }) => `${marks[state]} ${says}`).join("\n"));
        return findings.some(({ state }) => state === "wrong") ? "failed" : "done";
      }),
    );
}

function nodeVersion(): Finding {
  return { id: "node", state: "well", says: `Node ${process.versions.node} on ${process.platform} ${process.arch}` };
}

async function siteFileState(context: Context, siteFile: string | undefined): Promise<Finding[]> {
  const path = sitePath(context, siteFile);
  if (!existsSync(path)) {
    const state = siteFile === undefined ? "worth a look" : "wrong";
    return [{ id: "site-file", state, says: `there is no site file ${path}; name one, or try plainview start --demo` }];
  }
  const loaded = await loadAt(context, path);
  if ("site" in loaded) {
    const sound: Finding = { id: "site-file", state: "well", says: `${path} is sound, ${loaded.site.points.length} points` };
    return [sound, ...(await linkRemarks(loaded.site.adapters))];
  }
  const [first, ...more] = loaded.problems;
  const says = `${first ? formatProblem(path, first) : path}${more.length > 0 ? `, and ${more.length} more (plainview check tells all)` : ""}`;
  return [{ id: "site-file", state: "wrong", says }];
}

async function linkRemarks(adapters: readonly SiteAdapter[]): Promise<Finding[]> {
  const found = adapters.map(async ({ id, module, config }) => {
    const remarks = (await module.remarks?.(config.link)) ?? [];
    return remarks.map(({ state, says }): Finding => ({ id: `link ${id}`, state, says: `link ${id}: ${says}` }));
  });
  return (await Promise.all(found)).flat();
}

async function gatewayState(context: Context, options: GatewayOptions): Promise<Finding[]> {
  const client = http(context, options);
  let health: Record<string, unknown>;
  try {
    health = await client.get<Record<string, unknown>>("/health");
  } catch (error) {
    return [{ id: "gateway", state: "wrong", says: messageOf(error) }];
  }
  const findings: Finding[] = [
    { id: "gateway", state: "well", says: `a gateway answers at ${urlOf(context, options)}, version ${String(health["version"] ?? "?")}` },
  ];
  for (const look of [readiness, deviceStates, pointStates, overrideStates, partsOf]) {
    try {
      findings.push(...(await look(client, health)));
    } catch (error) {
      const says = messageOf(error);
      // Who may not ask one thing may not ask the next either, and is told once.
      if (!findings.some((known) => known.says === says)) findings.push({ id: look.name, state: "wrong", says });
    }
  }
  return findings;
}

async function readiness(client: HttpClient): Promise<Finding[]> {
  const { ready, waitingFor } = await client.ready();
  return [
    { id: "ready", state: ready ? "well" : "wrong", says: ready ? "it is ready" : `it is not ready: waiting for ${waitingFor.join(", ")}` },
  ];
}

async function deviceStates(client: HttpClient): Promise<Finding[]> {
  const devices = await client.devices();
  const away = devices.filter((device) => device.state !== "up");
  const partly = devices.filter(({ state, reason }) => state === "up" && reason !== undefined);
  const well: Finding[] = away.length === 0 ? [{ id: "devices", state: "well", says: `all ${devices.length} devices are up` }] : [];
  return [
    ...well,
    ...[...away, ...partly].map(({ id, protocol, state, reason }): Finding => ({
      id: `device ${id}`,
      state: state === "down" || state === "silent" ? "wrong" : "worth a look",
      says: `device ${id} (${protocol}) is ${state}${reason === undefined ? "" : `: ${reason}`}`,
    })),
  ];
}

async function pointStates(client: HttpClient): Promise<Finding[]> {
  const points = await client.points();
  const notGood = points.filter((point) => !isGood(qualityOf(point)));
  if (notGood.length === 0) return [{ id: "points", state: "well", says: `all ${points.length} points are good` }];
  const some = notGood.slice(0, 5).map(({ id }) => id);
  const rest = notGood.length > some.length ? `, and ${notGood.length - some.length} more` : "";
  return [
    {
      id: "points",
      state: "worth a look",
      says: `${notGood.length} of ${points.length} points are not good: ${some.join(", ")}${rest} (plainview points --not-good)`,
    },
  ];
}

async function overrideStates(client: HttpClient): Promise<Finding[]> {
  const overrides = await client.overrides();
  const lost = overrides.filter((override) => !override.inEffect);
  if (lost.length > 0) {
    return lost.map((o) => ({
      id: `override ${o.point}`,
      state: "wrong",
      says: `the override of ${o.point} is not in effect: ${o.why ?? "the plant shows something else"}`,
    }));
  }
  return [{ id: "overrides", state: "well", says: `${overrides.length} manual overrides, all in effect` }];
}

/** Whatever the gateway says of its own parts (journal, database): `{ name: { state, message } }`. */
function partsOf(_client: HttpClient, health: Record<string, unknown>): Promise<Finding[]> {
  const fine = ["writing", "following", "up", "ok", "catching up"];
  const found = Object.entries(health).flatMap(([name, part]): Finding[] => {
    if (typeof part !== "object" || part === null || !("state" in part)) return [];
    const message = "message" in part && typeof part.message === "string" ? `: ${part.message}` : "";
    const engine = "engine" in part && typeof part.engine === "string" ? ` (${part.engine})` : "";
    return [
      {
        id: name,
        state: fine.includes(String(part.state)) ? "well" : "wrong",
        says: `${name} is ${String(part.state)}${engine}${message}`,
      },
    ];
  });
  return Promise.resolve(found);
}
