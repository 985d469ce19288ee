import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Browser } from "playwright-core";
import { quality } from "#msgs/quality.ts";
import { buildDashboard } from "#dashboard/build.ts";
import { openFakeGateway, type FakeGateway } from "#dashboard/testing/fake-gateway.ts";
import { openBrowser, openPage, type OpenedPage } from "#test/fakes/browser.ts";

describe("the screen before two thousand points", () => {
  let gateway: FakeGateway;
  let browser: Browser;
  let opened: OpenedPage;

  beforeAll(async () => {
    await buildDashboard({ onlyIfOlder: true });
    [gateway, browser] = await Promise.all([openFakeGateway(2_000), openBrowser()]);
    opened = await openPage(browser, gateway.url);
    await opened.page.waitForSelector('[data-stage="open"] [data-point="unit-1/value-1"][data-trust="good"]');
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
  });

  it("has only the rows that are seen, and those it scrolls to", async () => {
    const { page } = opened;
    expect(await page.locator(".point-row").count()).toBeLessThan(60);
    await page.locator(".scroll.table").evaluate((table) => (table.scrollTop = table.scrollHeight));
    await page.waitForSelector('[data-point="unit-40/value-49"][data-trust="good"]');
    expect(await page.locator(".point-row").count()).toBeLessThan(60);
    await page.locator(".scroll.table").evaluate((table) => (table.scrollTop = 0));
    await page.waitForSelector('[data-point="unit-1/value-1"]');
  });

  it("stays smooth while all of them move ten times a second", async () => {
    const { page } = opened;
    gateway.setRate(10);
    await page.waitForTimeout(500);
    const frames = await page.evaluate(
      () =>
        new Promise<{ count: number; median: number }>((resolve) => {
          const gaps: number[] = [];
          let last = performance.now();
          const look = (now: number): void => {
            gaps.push(now - last);
            last = now;
            if (gaps.length < 90) requestAnimationFrame(look);
            else resolve({ count: gaps.length, median: gaps.sort((one, other) => one - other)[45]! });
          };
          requestAnimationFrame(look);
        }),
    );
    gateway.setRate(2);
    // A frame takes 17 ms; five times that is a screen one can still work with on a busy machine.
    expect(frames.median).toBeLessThan(85);
  });

  it("shows at once what is bad or stale, in the row, at its device and at its area", async () => {
    const { page } = opened;
    gateway.setQuality("unit-1/value-2", quality.badLink);
    gateway.setQuality("unit-1/value-3", quality.uncertainStale);
    await page.waitForSelector('[data-point="unit-1/value-2"][data-trust="bad"]');
    await page.waitForSelector('[data-point="unit-1/value-3"][data-trust="uncertain"]');
    await page.waitForSelector('[data-device="unit-1"][data-trust="bad"]');
    expect(await page.locator('[data-point="unit-1/value-2"] .value').innerText()).not.toBe("");
    expect(await page.locator('[data-point="unit-1/value-2"] .value s').count()).toBe(1);
    expect(await page.locator('[data-point="unit-1/value-2"] .quality').innerText()).toBe("bad: link");
    expect(await page.locator(".area-row.bad").count()).toBe(1);
  });

  it("is worked with the keyboard alone", async () => {
    const { page } = opened;
    await page.keyboard.press("/");
    await page.keyboard.type("unit-7 value-4");
    await page.waitForSelector('[data-point="unit-7/value-4"]');
    await page.locator(".scroll.table").focus();
    await page.keyboard.press("Home");
    await page.waitForSelector('.plate[data-point="unit-7/value-4"]');
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector('.plate[data-point="unit-7/value-40"]');
    await page.fill("input.filter", "");
  });

  it("says so when the gateway is connected and silent, and trusts nothing then", async () => {
    const { page } = opened;
    gateway.setRate(0);
    await page.waitForSelector(".banner.lost", { timeout: 15_000 });
    expect(await page.locator(".which").innerText()).toBe("NO CONTACT");
    expect(await page.locator('.point-row[data-trust="good"]').count()).toBe(0);
    gateway.setRate(2);
    await page.waitForSelector(".banner.lost", { state: "detached" });
  });

  it("says so when the line is lost, lets ages grow, offers no write, and mends itself", async () => {
    const { page } = opened;
    await page.locator('[data-point="unit-1/command"]').click();
    gateway.vanish();
    await page.waitForSelector(".banner.lost");
    expect(await page.locator('.point-row[data-trust="good"]').count()).toBe(0);
    expect(await page.locator('.write button[type="submit"]').isDisabled()).toBe(true);
    await page.waitForFunction(() => parseFloat(document.querySelector('[data-point="unit-1/command"] .age')?.textContent ?? "0") > 2);
    gateway.comeBack();
    await page.waitForSelector('[data-point="unit-1/command"][data-trust="good"]', { timeout: 30_000 });
    expect(await page.locator(".which").innerText()).toBe("LIVE");
  });

  it("has nothing to complain about but the line that was cut", () => {
    // The socket that was cut, and a question that was on its way when the line went: whether there is one is up to the moment.
    const ofTheCut = /\/control|net::ERR_(EMPTY_RESPONSE|CONNECTION_(RESET|REFUSED|CLOSED))/;
    expect(opened.complaints.filter((complaint) => !ofTheCut.test(complaint))).toEqual([]);
  });
});
