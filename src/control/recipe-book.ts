import type { CommandEnd, CommandStep, Priority } from "#msgs/command.ts";
import type { PointId, Value } from "#msgs/point.ts";

export type RecipeMember =
  | { readonly point: PointId; readonly value: Value; readonly expected?: Value | undefined }
  | { readonly point: PointId; readonly release: true };

/** Many points in one request. */
export interface Recipe {
  readonly id: string;
  readonly title?: string | undefined;
  readonly steps: readonly RecipeMember[];
  /** `one-by-one`: the next is sent only when the one before is verified. */
  readonly order?: "together" | "one-by-one" | undefined;
  /** Instead of an order: how many of the steps make up each stage. Those of one are sent together, and the next waits for all of them. */
  readonly stages?: readonly number[] | undefined;
  /** False leaves what was written when a member fails. */
  readonly compensate?: boolean | undefined;
  readonly priority: Priority;
  readonly ttlMs?: number | undefined;
  readonly reason?: string | undefined;
  readonly expiresAt?: number | undefined;
}

export type RecipeEnd =
  | "confirmed" // every member is verified
  | "rejected" // a gate refused one of them; nothing was sent
  | "failed" // a member did not come true; everything is back as it was, verified
  | "incomplete" // a member did not come true, and by wish or by failure not everything was put back
  | "unknown"; // the gateway stopped in the middle

export interface RecipeMemberStatus {
  readonly command: string;
  readonly point: PointId;
  /** Counted from 1. */
  readonly stage: number;
  readonly end?: CommandEnd;
}

export interface RecipeStatus {
  readonly id: string;
  readonly by: string;
  readonly title?: string;
  readonly state: "running" | "putting back" | RecipeEnd;
  readonly message?: string;
  readonly members: readonly RecipeMemberStatus[];
}

/** Members that may have changed the plant or a slot, and so have to be put back. */
export function mustBePutBack(end: CommandStep["state"]): boolean {
  return end === "confirmed" || end === "masked" || end === "mismatch" || end === "unknown";
}

/** Groups that are sent together; each waits for all of the one before. */
export function stagesOf({ steps, order, stages }: Recipe): readonly (readonly number[])[] {
  const indexes = steps.map((_, index) => index);
  if (stages) {
    let at = 0;
    return stages.map((size) => indexes.slice(at, (at += size)));
  }
  return order === "one-by-one" ? indexes.map((index) => [index]) : [indexes];
}

export function membersOf(recipe: Recipe): readonly RecipeMemberStatus[] {
  return stagesOf(recipe).flatMap((stage, n) =>
    stage.map((index) => ({ command: `${recipe.id}.${index + 1}`, point: recipe.steps[index]!.point, stage: n + 1 })),
  );
}
