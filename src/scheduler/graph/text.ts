import { stateMarks, type Graph, type GraphNode } from "./nodes.ts";

/** A workflow as lines for a terminal, no line longer than `width` characters. Pure. */
export function formatGraphText(graph: Graph, width = 100): readonly string[] {
  const lines = [`${graph.name}: ${graph.description}`, ...graph.triggers.map((trigger) => `▸ ${trigger}`), "│"];
  lines.push(...formatNodes(graph.nodes, ""));
  return lines.map((line) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`));
}

function formatNodes(nodes: readonly GraphNode[], indent: string): string[] {
  const longest = Math.max(0, ...nodes.map(({ id }) => id.length));
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const count = node.count === undefined ? "" : ` [${node.count.done}/${node.count.all}]`;
    const condition = node.condition === undefined ? "" : `  if ${node.condition}`;
    const line = `${indent}${stateMarks[node.state]} ${node.id.padEnd(longest)}  ${node.label}${count}${condition}`;
    const guide = `${indent}${isLast ? " " : "│"} `;
    const inner = node.lists.flatMap((list, at) => {
      const isEnd = at === node.lists.length - 1;
      return [
        `${guide}${isEnd ? "└" : "├"}─ ${list.name}`,
        ...formatNodes(list.nodes, `${guide}${isEnd ? " " : "│"}  `),
      ];
    });
    return [line, ...inner];
  });
}
