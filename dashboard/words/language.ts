/**
 * A browser on a machine in the POSIX locale says "en-US@posix", which is no language tag: whatever writes dates and numbers fails
 * on it, the charts as soon as they are loaded. What stands before the modifier is one, and is said from then on. Imported first.
 */
export function saneLanguage(language: string): string {
  for (const tag of [language, language.replace(/[.@].*$/, "").replaceAll("_", "-")]) {
    try {
      if (Intl.getCanonicalLocales(tag).length > 0) return tag;
    } catch {
      // The next one, then.
    }
  }
  return "en-US";
}

if (typeof document === "object" && saneLanguage(navigator.language) !== navigator.language)
  Object.defineProperty(navigator, "language", { value: saneLanguage(navigator.language), configurable: true });
