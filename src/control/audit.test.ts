import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChainEntry, Checkpoint } from "./audit-chain.ts";
import { beforeFirst, entryHash, signCheckpoint } from "./audit-chain.ts";
import { exportAudit } from "./audit-export.ts";
import { verifyAudit } from "./audit-verify.ts";
import { RecordFile } from "./record-file.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-"));
let lines: string[] = [];
let head = { seq: 0, hash: "" };
const total = 2_345;

beforeAll(() => {
  const file = new RecordFile({ folder, keepBytes: 1 << 30, reserveBytes: 0 });
  for (let at = 0; at < total; at += 67) {
    const many = Math.min(67, total - at);
    const body = (n: number) => JSON.stringify({ "2": n, point: "north/léver", value: -1.5e-7, note: 'a "quoted" line\n' });
    file.commit(
      Array.from({ length: many }, (_, n) => ({
        put: "audit" as const,
        at: (at + n) * 1_000,
        kind: "command",
        by: "anna",
        body: body(at + n),
      })),
    );
  }
  head = file.head;
  file.close();
  lines = [...exportAudit(folder)];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entryAt = (seq: number) => lines.findIndex((line) => line.startsWith(`{"seq":${seq},`));

describe("an export", () => {
  test("as it was written verifies, also against a head kept elsewhere", () => {
    expect(verifyAudit(lines)).toMatchObject({ ok: true, entries: total, first: 1, last: total, unsigned: 0 });
    expect(verifyAudit(lines, { head })).toMatchObject({ ok: true });
    expect(verifyAudit(lines, { head: { seq: 500, hash: (JSON.parse(lines[entryAt(500)]!) as ChainEntry).hash } }).ok).toBe(true);
  });

  test.each([1, 2, 999, 1_000, 1_001, 2_345])("with entry %i altered names it", (seq) => {
    const changed = lines.with(entryAt(seq), lines[entryAt(seq)]!.replace('"by":"anna"', '"by":"bela"'));
    expect(verifyAudit(changed)).toMatchObject({ ok: false, finding: "altered", seq });
  });

  test.each([1, 2, 1_000, 1_500])("with entry %i dropped names it", (seq) => {
    expect(verifyAudit(lines.toSpliced(entryAt(seq), 1))).toMatchObject({ ok: false, finding: "dropped", seq });
  });

  test("with two entries exchanged names the first that is out of place", () => {
    const a = entryAt(700);
    expect(verifyAudit(lines.with(a, lines[a + 1]!).with(a + 1, lines[a]!))).toMatchObject({ ok: false, finding: "reordered", seq: 700 });
  });

  test("with the same entry twice says so", () => {
    expect(verifyAudit(lines.toSpliced(entryAt(700), 0, lines[entryAt(700)]!))).toMatchObject({
      ok: false,
      finding: "reordered",
      seq: 700,
    });
  });

  test("cut short verifies by itself when its signature went too, and not against a kept head", () => {
    const cut = lines.slice(0, entryAt(1_800));
    expect(verifyAudit(cut)).toMatchObject({ ok: true, last: 1_799 });
    expect(verifyAudit(cut, { head })).toMatchObject({ ok: false, finding: "truncated", seq: 1_800 });
    const signatureLeft = [...cut, lines.at(-1)!];
    expect(verifyAudit(signatureLeft)).toMatchObject({ ok: false, finding: "dropped", seq: 1_800 });
  });

  test("chained anew after a change is found by its signature, and by the missing one", () => {
    const forged = rechained((entry) => (entry.seq === 300 ? { ...entry, by: "bela" } : entry));
    expect(verifyAudit(forged)).toMatchObject({ ok: false, finding: "rewritten", seq: 1 });
    const bare = forged.filter((line) => !line.startsWith('{"checkpoint"'));
    expect(verifyAudit(bare)).toMatchObject({ ok: false, finding: "unsigned", seq: 1_000 });
  });

  test("signed anew with another key is found when the verifier knows the right one", () => {
    const other = generateKeyPairSync("ed25519");
    const forged = rechained(
      (entry) => entry,
      (checkpoint) => signCheckpoint(checkpoint.seq, checkpoint.hash, checkpoint.at, other.privateKey),
    );
    const right = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(verifyAudit(forged)).toMatchObject({ ok: true, trusts: "the key in the export" });
    expect(verifyAudit(forged, { publicKey: right })).toMatchObject({ ok: false, finding: "forged", seq: 1_000 });
  });

  test("pruned starts at a signed checkpoint; without it the missing entries are named", () => {
    const from = entryAt(1_001);
    expect(verifyAudit(lines.slice(from - 1), { head })).toMatchObject({ ok: true, first: 1_001 });
    expect(verifyAudit(lines.slice(from))).toMatchObject({ ok: false, finding: "dropped", seq: 1 });
    expect(verifyAudit(lines.slice(from - 1), { head: { seq: 10, hash: "x" } })).toMatchObject({ ok: false, finding: "truncated" });
  });

  test("that cannot be read says where", () => {
    expect(verifyAudit(lines.with(5, "{"))).toMatchObject({ ok: false, finding: "unreadable" });
  });
});

/** What an attacker without the key can do: change something and make every hash fit again. */
function rechained(
  change: (entry: ChainEntry) => ChainEntry,
  sign: (checkpoint: Checkpoint) => Checkpoint = (checkpoint) => checkpoint,
): string[] {
  let previous = beforeFirst;
  return lines.map((line) => {
    const parsed = JSON.parse(line) as ChainEntry | { checkpoint: Checkpoint };
    if ("checkpoint" in parsed) return JSON.stringify({ checkpoint: sign(parsed.checkpoint) });
    const entry = change(parsed);
    previous = entryHash(previous, entry.seq, entry.at, entry.kind, entry.by, JSON.stringify(entry.body));
    return JSON.stringify({ ...entry, hash: previous });
  });
}
