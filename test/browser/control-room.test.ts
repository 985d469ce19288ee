import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser, Page } from "playwright-core";
import { buildDashboard } from "#dashboard/build.ts";
import { openBrowser, openPage, type OpenedPage } from "#test/fakes/browser.ts";
import { startRealGateway, type RealGateway } from "./real-gateway.ts";

const row = (point: string): string => `.point-row[data-point="${point}"]`;

/** The stories of one person before the screen, in order, on the real gateway and the demo plant. */
describe("the control room", () => {
  let gateway: RealGateway;
  let browser: Browser;
  let opened: OpenedPage;
  let page: Page;

  beforeAll(async () => {
    await buildDashboard({ onlyIfOlder: true });
    [gateway, browser] = await Promise.all([startRealGateway(), openBrowser()]);
    opened = await openPage(browser, gateway.url);
    page = opened.page;
    await page.waitForSelector(`[data-stage="open"] ${row("pipe/flow")}[data-trust="good"]`);
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });

  const text = (selector: string): Promise<string> => page.locator(selector).first().innerText();

  /** What the device itself says it was told: the oracle. */
  function toldTo(device: string): unknown[] {
    return (gateway.demo.log(device) ?? []).flatMap((entry) => (entry.kind === "told" ? [entry.value] : []));
  }

  async function find(words: string): Promise<void> {
    await page.fill("input.filter", words);
  }

  async function write(point: string, value: string): Promise<void> {
    await find(point);
    await page.click(row(point));
    await page.fill(".plate .value-in", value);
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog.confirm[open]");
    await page.click("dialog.confirm .go");
  }

  it("comes up where the browser names no language that is one", async () => {
    const context = await browser.newContext();
    await context.addInitScript(`Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true })`);
    const other = await context.newPage();
    await other.goto(gateway.url);
    await other.waitForSelector(`[data-stage="open"] ${row("pipe/flow")}`);
    await context.close();
  });

  it("says which site it is, that this is live, and that nobody had to sign in", async () => {
    expect(await text("header.top .site")).toBe("Demo plant");
    expect(await text(".which")).toBe("LIVE");
    expect(await text(".notice")).toContain("everyone here acts as operator");
  });

  it("shows values that move, with unit, quality and age", async () => {
    const before = await text(`${row("pipe/flow")} .value`);
    await page.waitForFunction(
      ([selector, old]) => document.querySelector(selector!)?.textContent !== old,
      [`${row("pipe/flow")} .value`, before],
    );
    expect(Number(before)).toBeGreaterThan(100);
    expect(await text(`${row("pipe/flow")} .unit`)).toBe("L/min");
    expect(await text(`${row("pipe/flow")} .quality`)).toBe("good");
    expect(await text(`${row("pipe/flow")} .age`)).toMatch(/^\d+\.\d s$/);
  });

  it("shows faceplate and trend of a point with one click", async () => {
    await page.click(row("pipe/flow"));
    await page.waitForSelector('.plate[data-point="pipe/flow"][data-trust="good"]');
    await page.waitForSelector(".trend .chart canvas");
    expect(await text(".panel.trend h2")).toBe("pipe/flow");
  });

  it("shows a device that is switched off as bad, and as good again when it is back", async () => {
    await gateway.demo.fault({ target: "pipe", kind: "device-off" });
    await page.waitForSelector(`${row("pipe/flow")}[data-trust="bad"]`, { timeout: 30_000 });
    await page.waitForSelector('[data-device="pipe"][data-trust="bad"]');
    expect(await text('.plate[data-point="pipe/flow"] .figure')).toBe("—");
    await gateway.demo.fault({ target: "pipe", kind: "device-off", on: false });
    await page.waitForSelector(`${row("pipe/flow")}[data-trust="good"]`, { timeout: 30_000 });
  });

  it("asks before it writes, and nothing happens on no", async () => {
    await find("v-101/command");
    await page.click(row("v-101/command"));
    await page.fill(".plate .value-in", "50");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog.confirm[open]");
    expect(await text("dialog.confirm")).toContain("Write 50.0 % to v-101/command?");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog.confirm", { state: "detached" });
    expect(toldTo("v-101")).toEqual([]);
    expect(await page.locator(".own-commands").count()).toBe(0);
  });

  it("follows a valve from the request until the plant shows it", async () => {
    await write("v-101/command", "40");
    await page.waitForSelector(
      '.own-commands [data-state="sent"], .own-commands [data-state="sending"], .own-commands [data-state="recorded"]',
    );
    await page.waitForSelector('.own-commands [data-state="confirmed"]', { timeout: 30_000 });
    expect(await text('.own-commands [data-state="confirmed"]')).toContain("v-101/position showed");
    expect(toldTo("v-101")).toEqual([40]);
    await page.click('[data-tab="Overrides"]');
    expect(await text('.drawer [data-override="v-101/command"]')).toMatch(/left/);
  });

  it("says why not when the gateway refuses", async () => {
    await write("v-101/command", "140");
    await page.waitForSelector(".plate .refusal");
    expect(await text(".plate .refusal")).toMatch(/100/);
  });

  it("says it when the plant shows something else", async () => {
    await gateway.demo.fault({ target: "p-2/run", kind: "echo-but-ignore" });
    await find("p-2/run");
    await page.click(row("p-2/run"));
    await page.click(".plate .write >> text=On…");
    await page.click("dialog.confirm .go");
    await page.waitForSelector('.own-commands [data-state="mismatch"]', { timeout: 30_000 });
    expect(await text('.own-commands [data-state="mismatch"]')).toContain("p-2/running");
    await gateway.demo.fault({ target: "p-2/run", kind: "echo-but-ignore", on: false });
  });

  it("cannot be mistaken for now while a mission is shown, and writes nothing then", async () => {
    await find("");
    await page.click(".replay-maker button:first-of-type");
    await page.waitForSelector(".screen.replay .replay-frame");
    expect(await text(".which")).toBe("REPLAY · NOT LIVE");
    for (const part of ["plant", "points", "faceplate", "trend"]) {
      expect((await text(`.panel.${part} > header .badge.replay`)).toLowerCase()).toBe("replay");
    }
    expect(await page.title()).toContain("REPLAY");
    await find("v-101/command");
    await page.click(row("v-101/command"));
    expect(await text(".plate .no-write")).toContain("Nothing can be written");
    expect(await page.locator(".plate form.write, .plate .override-row").count()).toBe(0);
  });

  it("plays the record at a chosen speed, pauses and seeks", async () => {
    await find("pipe/flow");
    await page.selectOption(".transport select", "10");
    await page.waitForSelector(`${row("pipe/flow")}[data-trust="good"]`, { timeout: 30_000 });
    await page.waitForFunction(() => document.querySelector(".mission-state")?.textContent === "completed", undefined, { timeout: 60_000 });
    await page.selectOption(".transport select", "1");
    await page.click(".transport .play");
    await page.waitForFunction(() => document.querySelector(".mission-state")?.textContent === "active");
    await page.click(".transport .play");
    await page.waitForFunction(() => document.querySelector(".mission-state")?.textContent === "paused");
    const target = await page.locator(".transport .seek").evaluate((slider: HTMLInputElement) => {
      slider.value = String(Number(slider.max) - 5_000_000);
      slider.dispatchEvent(new Event("change", { bubbles: true }));
      return Number(slider.value);
    });
    await page.waitForFunction(
      (at) => Math.abs(Number(document.querySelector<HTMLInputElement>(".transport .seek")?.value) - at) < 2_000_000,
      target,
      { timeout: 30_000 },
    );
    await page.waitForSelector(`${row("pipe/flow")}[data-trust="good"]`, { timeout: 30_000 });
  });

  it("goes back to live with one click", async () => {
    await page.click(".transport .back");
    await page.waitForSelector(".screen.live");
    expect(await page.locator(".replay-frame, .badge.replay").count()).toBe(0);
    await page.waitForSelector(`${row("pipe/flow")}[data-trust="good"]`);
  });

  it("has nothing to complain about", () => {
    expect(opened.complaints).toEqual([]);
  });
});
