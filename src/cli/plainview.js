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
  const flags = process.argv[2] === "start" ? frugal.flags : [];
  const child = spawn(node, [...flags, ...process.argv.slice(1)], {
    env: { ...frugal.env, ...process.env },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
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

/**
 * What a gateway that runs for years is given, and what only counts at the very start: a small nursery for young objects in every
 * thread; garbage collected when a fifth has been added to what is alive, where otherwise the heap may triple first; two
 * allocation arenas instead of one for each of a dozen threads, and large pieces given back to the system when they are freed. The
 * gateway collects its garbage itself once, when it has come up.
 */
const frugal = createRequire(import.meta.url)("./start-settings.json");

/** Begins again as the same process with those settings. Where that cannot be done, or somebody chose otherwise, goes on as it is. */
function beginFrugally() {
  const chosen = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((text) => text.includes("--max-semi-space-size"));
  if (chosen || process.connected || process.platform === "win32" || typeof process.execve !== "function") return;
  const args = [process.execPath, ...frugal.flags, ...process.execArgv, ...process.argv.slice(1)];
  try {
    process.execve(process.execPath, args, { ...frugal.env, ...process.env });
  } catch {
    // It runs as well without, only larger.
  }
}

/** Compiled code is kept between starts, for the threads and the programs that a gateway starts too. */
function keepCompiledCode() {
  nodeModule.enableCompileCache?.();
  const folder = nodeModule.getCompileCacheDir?.();
  if (folder !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(folder);
}

if (runsTypeScript(process.versions.node)) {
  quietExperimentalWarnings();
  if (process.argv[2] === "start") beginFrugally();
  keepCompiledCode();
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
