/** The part of a terminal that is used here. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

/** Lines at the bottom of the terminal that change in place. The cursor stays below them. */
export interface LiveText {
  /** Cells that a line may take. */
  columns(): number;
  isShown(): boolean;
  /** Shows these lines instead of the ones before. Each must fit into `columns`. */
  update(lines: readonly string[]): void;
  /** The same, for the last time: they stay. */
  finish(lines: readonly string[]): void;
  /** Takes them away again. */
  clear(): void;
}

const maxColumns = 100;

/** Only what changed is drawn again, and only as far up as the terminal still shows. */
export function createLiveText(terminal: Terminal): LiveText {
  let shown: readonly string[] = [];

  function update(lines: readonly string[]): void {
    let same = 0;
    while (same < shown.length && same < lines.length && shown[same] === lines[same]) same += 1;
    const from = Math.max(same, shown.length - (terminal.rows || 24) + 1);
    if (from >= shown.length && lines.length === shown.length) return;
    const up = shown.length - from;
    const rest = lines.slice(from).map((line) => `${line}\n`);
    terminal.write(`${up > 0 ? `\u001b[${up}A` : ""}\r\u001b[J${rest.join("")}`);
    shown = lines;
  }

  return {
    columns: () => Math.min(maxColumns, (terminal.columns || 80) - 1),
    isShown: () => shown.length > 0,
    update,
    finish(lines) {
      update(lines);
      shown = [];
    },
    clear: () => update([]),
  };
}
