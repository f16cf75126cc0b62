/**
 * Is this host one of those declared? A pattern is a whole name, or "*." and a name, which stands for everything below
 * that name and not for the name itself. Case and a final dot do not count.
 */
export function isDeclaredHost(host: string, patterns: readonly string[]): boolean {
  const wanted = normalise(host);
  return (
    wanted !== "" &&
    patterns.some((pattern) => {
      const name = normalise(pattern);
      if (!name.startsWith("*.")) return name === wanted;
      return wanted.length > name.length - 1 && wanted.endsWith(name.slice(1));
    })
  );
}

function normalise(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
