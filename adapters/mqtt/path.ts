/** A key of an object, or a place in a list. */
export type Step = string | number;

const mostSteps = 32;
const pattern = /([^.[\]"\s]+)|\[(\d{1,6})\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** `air.co2`, `readings[0].value`, `["odd key"].x`; empty text is the payload itself. */
export function parsePath(text: string): { readonly steps: readonly Step[] } | { readonly problem: string } {
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ".") {
      if (at === 0 || at === text.length - 1 || text[at + 1] === "[") return nonsense(text);
      at++;
    } else if (at > 0 && text[at] !== "[") return nonsense(text);
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return nonsense(text);
    const [whole, word, index, quoted] = match;
    if (quoted !== undefined) steps.push(unquoted(quoted));
    else steps.push(index === undefined ? word! : Number(index));
    at += whole.length;
    if (steps.length > mostSteps) return { problem: `a path has at most ${mostSteps} steps` };
  }
  return { steps };
}

/** The same path as text; reading it again gives the same steps. */
export function formatPath(steps: readonly Step[]): string {
  return steps
    .map((step, at) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[^.[\]"\s>]+$/.test(step)) return `["${step.replaceAll(/["\\]/g, "\\$&")}"]`;
      return at === 0 ? step : `.${step}`;
    })
    .join("");
}

/** What lies there; undefined when there is nothing. Only what the payload itself holds counts, not what objects inherit. */
export function valueAt(root: unknown, steps: readonly Step[]): unknown {
  let place = root;
  for (const step of steps) {
    if (typeof place !== "object" || place === null || !Object.hasOwn(place, step)) return undefined;
    if (typeof step === "number" && !Array.isArray(place)) return undefined;
    place = (place as Record<Step, unknown>)[step];
  }
  return place;
}

/** A payload with one value in it, at the path. */
export function payloadWith(steps: readonly Step[], value: unknown): unknown {
  return steps.reduceRight<unknown>((inside, step) => {
    if (typeof step === "string") return Object.fromEntries([[step, inside]]);
    // A list must begin at its beginning; what nobody speaks of is null.
    const list = new Array<unknown>(Math.min(step, 1000)).fill(null);
    list.push(inside);
    return list;
  }, value);
}

function unquoted(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}

function nonsense(text: string): { problem: string } {
  return { problem: `${JSON.stringify(text.slice(0, 60))} is not a path; write it as air.co2, readings[0].value or ["odd key"]` };
}
