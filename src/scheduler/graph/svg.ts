import { stateMarks, type Graph, type GraphNode } from "./nodes.ts";

const line = 18;
const pad = 10;
const gap = 22;
const charWidth = 7.2;
const maxChars = 46;

/** A part of the picture that knows how large it is, and draws itself where it is told to. */
interface Piece {
  readonly width: number;
  readonly height: number;
  draw(x: number, y: number): string;
}

/**
 * A workflow as an SVG picture, from top to bottom, branches side by side. Colours come from the page: each step has
 * the class `step` and one for its state, such as `state-done`; without styles it is drawn in black on white. Pure.
 */
export function formatGraphSvg(graph: Graph): string {
  const head = box([graph.name, ...graph.triggers], "trigger");
  const body = column([head, ...graph.nodes.map(toPiece)]);
  const width = Math.ceil(body.width + 2 * pad);
  const height = Math.ceil(body.height + 2 * pad);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${escape(`${graph.name}: ${graph.description}`)}" font-family="system-ui, sans-serif" font-size="13">` +
    `${body.draw(pad, pad)}</svg>`
  );
}

function toPiece(node: GraphNode): Piece {
  const count = node.count === undefined ? "" : ` ${node.count.done}/${node.count.all}`;
  const mark = node.state === "pending" ? "" : `${stateMarks[node.state]} `;
  const texts = [
    `${mark}${node.id}${count}`,
    node.label,
    ...(node.condition === undefined ? [] : [`if ${node.condition}`]),
  ];
  const own = box(texts, `step state-${node.state}`, node);
  const branches = node.lists.map((list) => frame(list.name, column(list.nodes.map(toPiece))));
  return branches.length === 0 ? own : column([own, row(branches)]);
}

function box(texts: readonly string[], name: string, node?: GraphNode): Piece {
  const shown = texts.map((text) => (text.length > maxChars ? `${text.slice(0, maxChars - 1)}…` : text));
  const width = Math.max(90, Math.max(...shown.map((text) => text.length)) * charWidth + 2 * pad);
  const height = shown.length * line + pad;
  return {
    width,
    height,
    draw: (x, y) =>
      `<g class="${name}"${node === undefined ? "" : ` data-step="${escape(node.id)}"`}>` +
      `<title>${escape([...texts, ...(node === undefined ? [] : [node.state])].join("\n"))}</title>` +
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${height}" rx="6" fill="white" stroke="black"/>` +
      shown
        .map(
          (text, index) =>
            `<text x="${round(x + pad)}" y="${round(y + line * (index + 1) - 2)}"${index === 0 ? ' font-weight="600"' : ""}>${escape(text)}</text>`,
        )
        .join("") +
      "</g>",
  };
}

/** One below the other, joined by arrows. */
function column(pieces: readonly Piece[]): Piece {
  const width = Math.max(0, ...pieces.map((piece) => piece.width));
  const height = pieces.reduce((sum, piece) => sum + piece.height, 0) + gap * Math.max(0, pieces.length - 1);
  return {
    width,
    height,
    draw(x, y) {
      let at = y;
      return pieces
        .map((piece, index) => {
          const drawn = piece.draw(x + (width - piece.width) / 2, at);
          at += piece.height + gap;
          const middle = round(x + width / 2);
          return index === pieces.length - 1
            ? drawn
            : `${drawn}<path class="arrow" d="M${middle} ${round(at - gap)}V${round(at - 2)}m-4 -5l4 5l4 -5" fill="none" stroke="black"/>`;
        })
        .join("");
    },
  };
}

function row(pieces: readonly Piece[]): Piece {
  const width = pieces.reduce((sum, piece) => sum + piece.width, 0) + gap * (pieces.length - 1);
  return {
    width,
    height: Math.max(...pieces.map((piece) => piece.height)),
    draw(x, y) {
      let at = x;
      return pieces
        .map((piece) => {
          const drawn = piece.draw(at, y);
          at += piece.width + gap;
          return drawn;
        })
        .join("");
    },
  };
}

/** A list of steps with its name above it. */
function frame(name: string, inner: Piece): Piece {
  const shown = name.length > maxChars ? `${name.slice(0, maxChars - 1)}…` : name;
  const width = Math.max(inner.width, shown.length * charWidth) + 2 * pad;
  const height = inner.height + line + 2 * pad;
  return {
    width,
    height,
    draw: (x, y) =>
      `<g class="branch"><title>${escape(name)}</title>` +
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="8" fill="none" stroke="black" stroke-dasharray="4 4"/>` +
      `<text x="${round(x + pad)}" y="${round(y + line)}" font-style="italic">${escape(shown)}</text>` +
      `${inner.draw(x + (width - inner.width) / 2, y + line + pad)}</g>`,
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
}
