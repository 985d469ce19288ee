import { demoSiteFile } from "./site-file.ts";

/**
 * The demo's site file as docker-compose.yml runs it: reached from outside the container, so everybody signs in, and nothing on
 * this file's machine is trusted. Everything else is the demo's own.
 */
export function composeSiteFile(): string {
  const changes: readonly (readonly [from: RegExp, to: string])[] = [
    [/^auth:\n {2}loopback: operator\n/m, "data:\n  folder: /data\n"],
    [/^ {2}host: 127\.0\.0\.1\n {2}port: 4000\n/m, "  host: 0.0.0.0\n  port: 4000\n  proxy: true\n"],
  ];
  return changes.reduce((text, [from, to]) => {
    if (!from.test(text)) throw new Error(`the demo's site file no longer has ${from}`);
    return text.replace(from, to);
  }, demoSiteFile());
}
