import { isNode, type Node } from "./read-sources.ts";

/*
 * Nothing happens on import: at the top of a file there are only imports, types, functions, and constants made of
 * literals or by calls that do nothing but make a value. What a call does is told by its name (the names in this
 * project say so: parse, format, pick, decide and define are pure), and of functions in the same file by their body.
 */

// "Marked" is the page's markdown parser: options in, functions out.
const constructors = new Set("Set Map WeakMap WeakSet RegExp URL Date TextEncoder TextDecoder Marked".split(" "));
const makers = new Set(["fileURLToPath", "promisify", "Symbol", "createContext", "words"]);
const objects = new Set(["Object", "Array", "Number", "String", "Math", "JSON", "Buffer", "Date", "Intl", "z"]);
const pureVerbs = /^(parse|format|pick|decide|define|is|has)(?![a-z])/;
/** Of arrays, texts, and the schemas of zod. */
const pureMethods = new Set([
  ..."map flatMap filter join concat toSorted split slice trim repeat replaceAll".split(" "),
  ..."optional exactOptional nullish nullable default min max int regex extend refine".split(" "),
]);
const functionTypes = new Set(["ArrowFunctionExpression", "FunctionExpression", "FunctionDeclaration"]);

/** One sentence for each thing that is wrong. */
export function findEffects(body: readonly Node[]): readonly string[] {
  const functions = new Map<string, Node>();
  for (const statement of body) {
    const declared = statement.type === "FunctionDeclaration" ? statement : statement["declaration"];
    if (isNode(declared) && declared.type === "FunctionDeclaration") functions.set(findName(declared["id"]), declared);
  }
  const entered = new Set<string>();
  return body.flatMap((statement) => findInStatement(statement));

  function findInStatement(statement: Node): readonly string[] {
    const inner = statement["declaration"];
    if (/^Export(Named|Default)Declaration$/.test(statement.type)) return isNode(inner) ? findInStatement(inner) : [];
    if (statement.type === "VariableDeclaration")
      return statement["declare"] === true ? [] : findInDeclaration(statement);
    const isQuiet = /^((Import|ExportAll|Function|Class)Declaration|TS\w+)$/.test(statement.type);
    return isQuiet ? [] : [`runs a statement: ${statement.type}`];
  }

  function findInDeclaration(declaration: Node): readonly string[] {
    const declarators = declaration["declarations"] as readonly Node[];
    if (declaration["kind"] !== "const") return declarators.map(({ id }) => `keeps state: ${findName(id)}`);
    return declarators.flatMap(({ id, init }) => {
      // A collection that begins empty is there to be filled.
      const isState =
        isNode(init) &&
        init.type === "NewExpression" &&
        /^(Weak)?(Map|Set)$/.test(findName(init["callee"])) &&
        (init["arguments"] as unknown[]).length === 0;
      return [...(isState ? [`keeps state: ${findName(id)}`] : []), ...findInExpression(init)];
    });
  }

  function findInExpression(expression: unknown): readonly string[] {
    if (Array.isArray(expression)) return expression.flatMap((item) => findInExpression(item));
    if (!isNode(expression) || functionTypes.has(expression.type)) return [];
    const found = expression.type === "AwaitExpression" ? ["waits for something"] : findInCall(expression);
    return [...found, ...findInExpression(Object.values(expression).filter((inner) => typeof inner === "object"))];
  }

  function findInCall(node: Node): readonly string[] {
    const name = findName(node["callee"]);
    if (node.type === "NewExpression")
      return constructors.has(name) || name.startsWith("Intl.") ? [] : [`makes a ${name}`];
    if (node.type !== "CallExpression") return [];
    const own = functions.get(name);
    if (own !== undefined) return findInFunction(name, own);
    const words = name.split(".");
    const last = words.at(-1) ?? "";
    const isPure =
      makers.has(name) ||
      objects.has(words[0] ?? "") ||
      pureVerbs.test(last) ||
      (words.length > 1 && pureMethods.has(last));
    // Without a name in front it is a method of a literal or of a call that was looked at by itself.
    return isPure || words[0] === "" ? [] : [`calls ${name}`];
  }

  /** What the call would do; state that the function keeps for what it returns counts, too. */
  function findInFunction(name: string, node: Node): readonly string[] {
    if (entered.has(name)) return [];
    entered.add(name);
    const statements = (node["body"] as { readonly body: readonly Node[] }).body;
    return statements.flatMap((statement) =>
      statement.type === "VariableDeclaration" ? findInDeclaration(statement) : findInExpression(statement),
    );
  }
}

/** "Object.freeze" of a callee; begins with a dot when it belongs to a literal or to another call. */
function findName(node: unknown): string {
  if (!isNode(node)) return "";
  if (node.type === "Identifier") return String(node["name"]);
  return node.type === "MemberExpression" ? `${findName(node["object"])}.${findName(node["property"])}` : "";
}
