import { unreadable, type Findings, type Node, type Rule, type RuleOf } from "./rule.ts";

/** All of several schemas. */
export function allOfRule(node: Node, ruleOf: RuleOf): Rule | undefined {
  const rules = rulesOf(node, "allOf", ruleOf);
  return (
    rules && {
      fits: (value) => rules.every(({ fits }) => fits(value)),
      explain: (value, path, told) => explainEach(rules, value, path, told),
    }
  );
}

/** One of several schemas. When none fits, what is wrong with each is told, and then that none does. */
export function anyOfRule(node: Node, ruleOf: RuleOf): Rule | undefined {
  const rules = rulesOf(node, "anyOf", ruleOf);
  if (!rules) return undefined;
  const fits = (value: unknown): boolean => {
    for (const rule of rules) if (rule.fits(value)) return true;
    return false;
  };
  return {
    fits,
    explain: (value, path, told) => {
      if (told.isFull || fits(value)) return;
      explainEach(rules, value, path, told);
      told.add("anyOf", path, "must match a schema in anyOf", {});
    },
  };
}

function explainEach(rules: readonly Rule[], value: unknown, path: string, told: Findings): void {
  for (const rule of rules) {
    if (told.isFull) return;
    rule.explain(value, path, told);
  }
}

function rulesOf(node: Node, keyword: string, ruleOf: RuleOf): readonly Rule[] | undefined {
  const parts = node[keyword];
  if (parts === undefined) return undefined;
  if (!Array.isArray(parts)) throw unreadable(keyword, "a list of schemas");
  return parts.map(ruleOf);
}
