/** The longest topic we take; the protocol would allow 65,535 bytes. */
const longestTopic = 1000;

/** What is wrong with a topic that is published to, in words; undefined when nothing is. */
export function topicProblem(topic: string): string | undefined {
  const problem = levelsProblem(topic);
  if (problem) return problem;
  return /[+#]/.test(topic) ? "wildcards (+ and #) are for listening; a topic that is published to names every level" : undefined;
}

/** What is wrong with a topic filter; `+` may stand for a whole level, `#` for the rest where `allowRest` says so. */
export function filterProblem(filter: string, allowRest = false): string | undefined {
  const problem = levelsProblem(filter);
  if (problem) return problem;
  const levels = filter.split("/");
  for (const [at, level] of levels.entries()) {
    if (level.includes("+") && level !== "+") return `+ stands for a whole level, not for a part of "${level}"`;
    if (level.includes("#") && !(allowRest && level === "#" && at === levels.length - 1)) return "# is not possible here";
  }
  return undefined;
}

function levelsProblem(topic: string): string | undefined {
  if (topic === "") return "the topic is empty";
  if (topic.length > longestTopic) return `a topic has at most ${longestTopic} characters here`;
  // The specification forbids NUL and advises against the others.
  if (/[\u0000-\u001f\u007f]/.test(topic)) return "a topic holds no control characters";
  if (!topic.isWellFormed()) return "a topic is well-formed Unicode";
  return undefined;
}

/** Whether a message on this topic is what this filter asks for (MQTT 5, 4.7). */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  // Topics of the broker itself are never meant by a wildcard in front.
  if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
  for (const [at, level] of wanted.entries()) {
    if (level === "#") return true;
    if (at >= levels.length || (level !== "+" && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}

/** Whether everything the narrow filter asks for also comes with the wide one. */
export function covers(wide: string, narrow: string): boolean {
  if (narrow.startsWith("$") && /^[+#]/.test(wide)) return false;
  const outer = wide.split("/");
  const inner = narrow.split("/");
  for (const [at, level] of outer.entries()) {
    if (level === "#") return true;
    const other = inner[at];
    if (other === undefined || other === "#") return false;
    if (level !== "+" && level !== other) return false;
  }
  return outer.length === inner.length;
}

/** A topic as written in an option or address, below the device's own, `{device}` being the device's name. */
export function topicBelow(base: string | undefined, tail: string, name: string): string {
  const whole = base === undefined ? tail : tail === "" ? base : `${base}/${tail}`;
  return whole.replaceAll("{device}", name);
}
