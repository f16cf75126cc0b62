/** So many runs may set off each the next. */
const maxChain = 5;

/**
 * Why the runs of `chain`, each of which set off the next, may not start this workflow; undefined: they may. What goes
 * round in circles is ended at once, and what is long after five. Pure.
 */
export function explainRefusal(chain: readonly string[], workflow: string): string | undefined {
  const way = [...chain, workflow].join(" → ");
  if (chain.includes(workflow))
    return `It was set off by what it had begun itself: ${way}. Leave its own runs out with "when" in its trigger, as in trigger.record.workflow != "${workflow}".`;
  if (chain.length > maxChain)
    return `It came behind ${maxChain} runs that each set off the next: ${way}. Say with "when" in its trigger which runs it is for.`;
  return undefined;
}
