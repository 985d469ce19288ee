import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { idlText, loadFolder, standardTypes } from "../types/index.ts";

const run = promisify(execFile);
const here = new URL(".", import.meta.url).pathname;
const messages = new URL("../../../msgs/plainview_msgs", import.meta.url).pathname;

/** What a peer is built from, and what must be there to build it. */
const recipes = {
  cyclone: {
    source: "cyclone-peer.c",
    needs: ["/usr/include/dds/dds.h"],
    packages: "gcc libc6-dev cyclonedds-dev cyclonedds-tools",
    commands: [
      ["idlc", "messages.idl"],
      ["gcc", "-O1", "-I.", "-o", "peer", join(here, "cyclone-peer.c"), "messages.c", "-lddsc"],
    ],
  },
  fastdds: {
    source: "fastdds-peer.cxx",
    needs: ["/usr/include/fastdds/dds/domain/DomainParticipant.hpp", "/usr/include/fastcdr/Cdr.h"],
    packages: "g++ libfastrtps-dev libfastcdr-dev",
    commands: [["g++", "-std=c++17", "-O1", "-o", "peer", join(here, "fastdds-peer.cxx"), "-lfastrtps", "-lfastcdr", "-lpthread"]],
  },
} as const;

export type PeerKind = keyof typeof recipes;

/**
 * Builds the peer, or finds what an earlier run built from the same sources, and returns the path of its program; `undefined`, with one
 * printed line, where the compiler or the Debian packages are missing.
 */
export async function buildPeer(kind: PeerKind): Promise<string | undefined> {
  const recipe = recipes[kind];
  const idl = peerIdl();
  const hash = createHash("sha256")
    .update(readFileSync(join(here, recipe.source)))
    .update(idl)
    .update(JSON.stringify(recipe.commands));
  const folder = join(tmpdir(), `plainview-${kind}-peer-${hash.digest("hex").slice(0, 16)}`);
  const program = join(folder, "peer");
  if (existsSync(program)) return program;
  if (!(await canBuild(kind))) return undefined;
  // Built aside and moved, so that two runs at once never see half a program.
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, "messages.idl"), idl);
  for (const [command, ...rest] of recipe.commands) await run(command!, rest, { cwd: work, timeout: 180_000 });
  try {
    renameSync(work, folder);
  } catch (error) {
    if (!existsSync(program)) throw error;
  }
  return program;
}

/** The types a peer speaks, written from our own `.msg` files. */
export function peerIdl(): string {
  const types = standardTypes();
  loadFolder(types, messages);
  const ours = ["Telemetry", "Command", "CommandResult"].map((name) => `plainview_msgs/msg/${name}`);
  return idlText(types, ["std_msgs/msg/String", ...ours]) + callIdl;
}

/** A service as rmw_cyclonedds puts it on the wire: client and sequence number in front of the value. */
const callIdl = `
module std_srvs { module srv { module dds_ {
  struct SetBool_Request_ { unsigned long long client; long long number; boolean data; };
  struct SetBool_Response_ { unsigned long long client; long long number; boolean success; string message; };
}; }; };
`;

async function canBuild(kind: PeerKind): Promise<boolean> {
  const recipe = recipes[kind];
  const missing: string[] = recipe.needs.filter((path) => !existsSync(path));
  for (const command of recipe.commands.map(([name]) => name!)) {
    await run("which", [command]).catch(() => missing.push(command));
  }
  if (missing.length === 0) return true;
  process.stdout.write(`skipped: no ${kind} peer, because ${missing.join(" and ")} cannot be found (Debian: ${recipe.packages})\n`);
  return false;
}
