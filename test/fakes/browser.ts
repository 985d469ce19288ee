import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium as playwright, type Browser, type BrowserContextOptions, type Page } from "playwright-core";

/** Where Debian and its relatives put theirs. */
const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** It must not look anything up in the world: tests stay on this machine. */
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--no-default-browser-check",
  "--disable-dev-shm-usage",
];

/** A real browser: the one of this machine, else the one that npm brought along. */
export async function openBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: await browserPath(), headless: true, args: flags, timeout: 60_000 });
}

async function browserPath(): Promise<string> {
  const known = [process.env["PLAINVIEW_BROWSER"], ...installed].find((path) => path !== undefined && isExecutable(path));
  return known ?? (await unpackedBrowser());
}

/**
 * Unpacked aside by a process of its own and moved: the package takes whatever lies in the folder for temporary files for the whole
 * browser, also what another test is still writing there, or what a run that was ended left half written.
 */
async function unpackedBrowser(): Promise<string> {
  const about = fileURLToPath(new URL("../../node_modules/@sparticuz/chromium/package.json", import.meta.url));
  const { version } = JSON.parse(readFileSync(about, "utf8")) as { version: string };
  const folder = join(tmpdir(), `plainview-chromium-${version}`);
  const program = join(folder, "chromium");
  if (existsSync(program)) return program;
  const aside = mkdtempSync(`${folder}.`);
  const unpack = `import("@sparticuz/chromium").then(({ default: packed }) => packed.executablePath())`;
  await promisify(execFile)(process.execPath, ["-e", unpack], { cwd: import.meta.dirname, env: { ...process.env, TMPDIR: aside } });
  try {
    renameSync(aside, folder);
  } catch (error) {
    if (!existsSync(program)) throw error;
    rmSync(aside, { recursive: true, force: true });
  }
  return program;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page complained about: errors nobody caught and lines on its console. A test that ends well leaves none. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** A page of the size a control room has at least. The language is set because charts write dates with it. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext({ locale: "en-US", timezoneId: "UTC", viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}
