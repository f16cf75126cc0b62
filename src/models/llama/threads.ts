/**
 * How many threads think. More than there are cores make it a hundred times slower (they wait for each other at every
 * layer), so one core is left to whatever else runs. `load` is the machine's load average of the last minute. Pure.
 */
export function pickThreads(machine: { readonly cores: number; readonly load: number }, most = Infinity): number {
  const isShared = machine.load >= 0.5;
  return Math.max(1, Math.min(most, isShared ? machine.cores - 1 : machine.cores));
}
