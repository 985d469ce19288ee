import type { Command } from "commander";

/** What may follow the words so far: "" → the commands, "points" → its subcommands and options. */
export type Words = Readonly<Record<string, { readonly words: readonly string[]; readonly takesPoint: boolean }>>;

const pointCommands = new Set(["read", "write", "release", "watch", "points"]);

export function wordsOf(program: Command): Words {
  const words: Record<string, { words: readonly string[]; takesPoint: boolean }> = {};
  const visit = (command: Command, path: readonly string[]) => {
    const options = command.options.flatMap((option) => [option.long, option.short].filter((name) => typeof name === "string"));
    const inner = command.commands.map((one) => one.name());
    words[path.join(" ")] = { words: [...inner, ...options, "--help"], takesPoint: pointCommands.has(path.join(" ")) };
    for (const one of command.commands) visit(one, [...path, one.name()]);
  };
  visit(program, []);
  return words;
}

const askPoints = "plainview points --ids 2>/dev/null";

export function bashScript(words: Words): string {
  const cases = Object.entries(words)
    .filter(([path]) => path !== "")
    .map(([path, known]) => `    "${path}") words="${known.words.join(" ")}"${known.takesPoint ? ` && points=1` : ""} ;;`);
  return `_plainview() {
  local word path="" words="${words[""]?.words.join(" ") ?? ""}" points="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case " $words " in *" $word "*) [[ $word == -* ]] || path="\${path:+$path }$word" ;; esac
    case "$path" in
${cases.map((line) => `  ${line}`).join("\n")}
    esac
  done
  word="\${COMP_WORDS[COMP_CWORD]}"
  if [[ -n $points && $word != -* ]]; then words="$words $(${askPoints})"; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _plainview plainview`;
}

export function zshScript(words: Words): string {
  const cases = Object.entries(words)
    .filter(([path]) => path !== "")
    .map(([path, known]) => `      "${path}") known=(${known.words.join(" ")})${known.takesPoint ? " points=1" : ""} ;;`);
  return `#compdef plainview
_plainview() {
  local -a known=(${words[""]?.words.join(" ") ?? ""})
  local place="" points="" word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if (( \${known[(Ie)$word]} )) && [[ $word != -* ]]; then place="\${place:+$place }$word"; fi
    case "$place" in
${cases.join("\n")}
    esac
  done
  if [[ -n $points && $PREFIX != -* ]]; then known+=(\${(f)"$(${askPoints})"}); fi
  compadd -a known
}
compdef _plainview plainview`;
}

export function fishScript(words: Words): string {
  const lines = Object.entries(words).flatMap(([path, known]) => {
    const parts = path.split(" ").filter((part) => part !== "");
    const inner = known.words.filter((word) => !word.startsWith("-"));
    const seen = parts.map((part) => `__fish_seen_subcommand_from ${part}`);
    const notYet = inner.length > 0 ? [`not __fish_seen_subcommand_from ${inner.join(" ")}`] : [];
    const condition = [...seen, ...notYet].join("; and ") || "true";
    const options = known.words
      .filter((word) => word.startsWith("--"))
      .map((word) => `complete -c plainview -f -n "${condition}" -l ${word.slice(2)}`);
    const commands = inner.length > 0 ? [`complete -c plainview -f -n "${condition}" -a "${inner.join(" ")}"`] : [];
    const points = known.takesPoint ? [`complete -c plainview -f -n "${condition}" -a "(${askPoints})"`] : [];
    return [...commands, ...points, ...options];
  });
  return lines.join("\n");
}
