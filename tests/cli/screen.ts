/** A terminal of a few lines, as far as readline and our own drawing use one. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): boolean;
  on(event: "resize", listener: () => void): void;
  /** All lines that were ever shown, those that scrolled out included, without the empty ones at the end. */
  lines(): string[];
}

export function createScreen(columns: number, rows: number): Screen {
  const lines: string[][] = [[]];
  let top = 0;
  let row = 0;
  let column = 0;

  function feedLine(): void {
    row += 1;
    while (lines.length <= row) lines.push([]);
    top = Math.max(top, row - rows + 1);
  }

  function put(character: string): void {
    if (column === columns) {
      column = 0;
      feedLine();
    }
    const line = lines[row] ?? [];
    while (line.length < column) line.push(" ");
    line[column] = character;
    column += 1;
  }

  function control(code: string, count: number): void {
    if (code === "A") row = Math.max(top, row - Math.max(1, count));
    else if (code === "B") row = Math.min(top + rows - 1, row + Math.max(1, count));
    else if (code === "C") column = Math.min(columns - 1, column + Math.max(1, count));
    else if (code === "D") column = Math.max(0, column - Math.max(1, count));
    else if (code === "G") column = Math.max(1, count) - 1;
    else if (code === "K") lines[row]?.splice(column);
    else if (code === "J") {
      lines[row]?.splice(column);
      lines.splice(row + 1);
    } else if (code !== "m") throw new Error(`unknown control ${code}`);
    while (lines.length <= row) lines.push([]);
  }

  return {
    columns,
    rows,
    on: () => undefined,
    write(text) {
      for (const [part, count = "", code = ""] of text.matchAll(/\u001b\[([\d;]*)([A-Za-z])|[^]/gu)) {
        if (code !== "") control(code, Number(count.split(";")[0]));
        else if (part === "\r") column = 0;
        else if (part === "\n") {
          column = 0;
          feedLine();
        } else put(part);
      }
      return true;
    },
    lines() {
      const shown = lines.map((line) => line.join("").trimEnd());
      while (shown.at(-1) === "") shown.pop();
      return shown;
    },
  };
}
