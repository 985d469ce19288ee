#!/usr/bin/env node
// Plain JavaScript on purpose: it has to start on any Node from 18 on, and find the one that runs the rest.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";

const neededMajor = 22;
const neededMinor = 18;

function runsTypeScript(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/** The Node that the npm package `node` brought along; undefined when it is not installed. */
function installedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("node/package.json"));
    return [join(folder, "bin", "node"), join(folder, "bin", "node.exe")].find((file) => existsSync(file));
  } catch {
    return undefined;
  }
}

/** Runs the same command on the other Node: same arguments, terminal, signals and exit code. Flags of this Node stay behind. */
function runOn(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  const passOn = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, passOn);
  child.on("error", (error) => {
    process.stderr.write(`Plainview could not start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, passOn);
    process.kill(process.pid, signal);
  });
}

/** Node says of parts this program relies on that they may still change; that is for us to know and not for an operator. */
function quietExperimentalWarnings() {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}

if (runsTypeScript(process.versions.node)) {
  quietExperimentalWarnings();
  nodeModule.enableCompileCache?.();
  const { main } = await import("./main.ts");
  await main(async () => (await import("../command-line.ts")).root);
} else {
  const node = installedNode();
  if (node !== undefined) runOn(node);
  else {
    process.stderr.write(
      `Plainview needs Node ${neededMajor}.${neededMinor} or later, and this is ${process.version}. Run "npm ci", which brings one along.\n`,
    );
    process.exitCode = 1;
  }
}
