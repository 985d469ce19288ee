/** What stands in a description or a log where a secret was. */
export const hidden = "(hidden)";

const secretWords = /pass(?:word|phrase|wd)?$|secret|token|credential|private.?key|api.?key$|^key$|^hash$|passwordhash/i;

/** Whether a setting of this name holds a secret. */
export function isSecretKey(key: string): boolean {
  return secretWords.test(key);
}

const urlPassword = /^[a-z][a-z0-9+.-]*:\/\/[^:/?#@]*:([^/?#]*)@/i;

export function passwordInUrl(text: string): string | undefined {
  return urlPassword.exec(text)?.[1] || undefined;
}

/**
 * A site file as it may be shown: references stay as they are written, secrets that were written in the clear are hidden,
 * and so is the password in a URL.
 */
export function describeSource(value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    if (value.includes("${") || value.startsWith("file:")) return value;
    if (isSecretKey(key)) return hidden;
    const password = passwordInUrl(value);
    return password ? value.replace(`:${password}@`, `:${hidden}@`) : value;
  }
  if (Array.isArray(value)) return value.map((item) => describeSource(item, key));
  if (typeof value !== "object" || value === null) return isSecretKey(key) && value !== null ? hidden : value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, describeSource(item, name)]));
}

/** Takes every known secret out of a text on its way to a log. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((clean, secret) => clean.replaceAll(secret, hidden), text);
}
