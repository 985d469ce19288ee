import type { MemoryBudget } from "./memory-budget.ts";
import { maxSetBits } from "../wire/sequence-set.ts";
import type { DataFragments, InlineQos } from "../wire/submessage.ts";

/** Incomplete samples kept for one writer; one more pushes out the oldest. */
const maxAssemblies = 64;
/** More parts than this in one sample is not something a healthy writer makes. */
const maxParts = 1 << 18;

interface Assembly {
  readonly bytes: Buffer;
  readonly have: Uint8Array;
  readonly partBytes: number;
  left: number;
  /** Writers may send inline QoS with the first fragment only. */
  inline: InlineQos | undefined;
  /** When a part last arrived, so that a sample still under way is not asked for. */
  touchedMs: number;
}

export type Added =
  | { readonly result: "complete"; readonly payload: Buffer; readonly inline: InlineQos | undefined }
  | { readonly result: "partial" | "too-large" | "refused" };

/** Puts the fragments of samples from one writer together. */
export class Reassembly {
  private readonly assemblies = new Map<number, Assembly>();
  private readonly budget: MemoryBudget;
  private readonly sampleBytes: number;

  constructor(budget: MemoryBudget, sampleBytes: number) {
    this.budget = budget;
    this.sampleBytes = sampleBytes;
  }

  add(part: DataFragments, nowMs: number): Added {
    if (part.sampleBytes > this.sampleBytes) return { result: "too-large" };
    const assembly = this.assemblies.get(part.sequence) ?? this.begin(part, nowMs);
    if (assembly === undefined) return { result: "refused" };
    // A second account of the same sample that disagrees about its shape is not the sample we are putting together.
    if (assembly.bytes.length !== part.sampleBytes || assembly.partBytes !== part.fragmentBytes) return { result: "refused" };
    this.copyParts(assembly, part);
    assembly.touchedMs = nowMs;
    assembly.inline ??= part.inline;
    if (assembly.left > 0) return { result: "partial" };
    this.drop(part.sequence);
    return { result: "complete", payload: assembly.bytes, inline: assembly.inline };
  }

  /** The parts still missing of a sample that has begun, lowest first, or `undefined` when it has not begun. */
  missing(sequence: number): { readonly parts: number[]; readonly bytes: number; readonly touchedMs: number } | undefined {
    const assembly = this.assemblies.get(sequence);
    if (assembly === undefined) return undefined;
    const parts: number[] = [];
    const first = assembly.have.indexOf(0);
    const end = Math.min(assembly.have.length, first + maxSetBits);
    for (let i = first; i < end; i++) if (assembly.have[i] === 0) parts.push(i + 1);
    return { parts, bytes: parts.length * assembly.partBytes, touchedMs: assembly.touchedMs };
  }

  dropBelow(sequence: number): void {
    for (const begun of [...this.assemblies.keys()]) if (begun < sequence) this.drop(begun);
  }

  clear(): void {
    for (const sequence of [...this.assemblies.keys()]) this.drop(sequence);
  }

  private begin(part: DataFragments, nowMs: number): Assembly | undefined {
    const parts = Math.ceil(part.sampleBytes / part.fragmentBytes);
    if (parts > maxParts) return undefined;
    if (this.assemblies.size >= maxAssemblies) this.drop(this.assemblies.keys().next().value!);
    if (!this.budget.take(part.sampleBytes + parts)) return undefined;
    const assembly: Assembly = {
      bytes: Buffer.allocUnsafeSlow(part.sampleBytes),
      have: new Uint8Array(parts),
      partBytes: part.fragmentBytes,
      left: parts,
      inline: undefined,
      touchedMs: nowMs,
    };
    this.assemblies.set(part.sequence, assembly);
    return assembly;
  }

  private copyParts(assembly: Assembly, part: DataFragments): void {
    for (let i = 0; i < part.count; i++) {
      const index = part.first - 1 + i;
      if (index >= assembly.have.length || assembly.have[index] === 1) continue;
      const offset = index * assembly.partBytes;
      const wanted = Math.min(assembly.partBytes, assembly.bytes.length - offset);
      const from = i * assembly.partBytes;
      // A part that is shorter than it says is left missing and will be asked for again.
      if (from + wanted > part.payload.length) return;
      part.payload.copy(assembly.bytes, offset, from, from + wanted);
      assembly.have[index] = 1;
      assembly.left--;
    }
  }

  private drop(sequence: number): void {
    const assembly = this.assemblies.get(sequence);
    if (assembly === undefined) return;
    this.assemblies.delete(sequence);
    this.budget.give(assembly.bytes.length + assembly.have.length);
  }
}
