import { parseArgs } from "node:util";
import { commands, type CliCommand } from "../cli.ts";
import { pickAction } from "./options.ts";

/** Completion of commands, their sub-commands and options. */
export const completion: CliCommand = {
  summary: "Prints a completion script for your shell.",
  usage: `completion bash|zsh|fish

  bash  echo 'eval "$(parlance completion bash)"' >> ~/.bashrc
  zsh   echo 'eval "$(parlance completion zsh)"' >> ~/.zshrc
  fish  parlance completion fish > ~/.config/fish/completions/parlance.fish`,
  async run(args) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const shell = pickAction(positionals[0], ["bash", "zsh", "fish"]);
    process.stdout.write({ bash: formatBash, zsh: formatZsh, fish: formatFish }[shell]());
    return 0;
  },
};

const names = (): string => Object.keys(commands).join(" ");

function formatBash(): string {
  const cases = Object.entries(commands).map(
    ([name, { words = [], options }]) => `    ${name}) words="${[...words, ...options, "--help"].join(" ")}" ;;`,
  );
  return `_parlance() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "\${COMP_WORDS[COMP_CWORD-1]}" = --config ]; then COMPREPLY=($(compgen -f -- "$current")); return; fi
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names()} help"
  else case "\${COMP_WORDS[1]}" in
    help) words="${names()}" ;;
${cases.join("\n")}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _parlance parlance
`;
}

function formatZsh(): string {
  const list = Object.entries(commands).map(
    ([name, { summary }]) => `    '${name}:${summary.replaceAll("'", "'\\''")}'`,
  );
  const cases = Object.entries(commands).map(
    ([name, { words = [], options }]) => `    ${name}) compadd -- ${[...words, ...options, "--help"].join(" ")} ;;`,
  );
  return `#compdef parlance
_parlance() {
  local -a names=(
${list.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command names; return; fi
  if [[ $words[CURRENT-1] == --config ]]; then _files; return; fi
  case $words[2] in
    help) _describe command names ;;
${cases.join("\n")}
  esac
}
compdef _parlance parlance
`;
}

function formatFish(): string {
  const lines = Object.entries(commands).flatMap(([name, { summary, words = [], options }]) => {
    const seen = `"__fish_seen_subcommand_from ${name}"`;
    return [
      `complete -c parlance -n __fish_use_subcommand -f -a ${name} -d '${summary.replaceAll("'", "\\'")}'`,
      ...(words.length === 0 ? [] : [`complete -c parlance -n ${seen} -f -a "${words.join(" ")}"`]),
      ...options.map(
        (option) => `complete -c parlance -n ${seen} -l ${option.slice(2)}${option === "--config" ? " -r" : ""}`,
      ),
    ];
  });
  return `${lines.join("\n")}\n`;
}
