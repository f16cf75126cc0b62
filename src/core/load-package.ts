import { AppError } from "./errors.ts";

/**
 * Imports an optional package on first use. Throws AppError "package-missing" when this very package is not
 * installed; any other failure inside it passes through. The importer holds the literal `import("name")`, so that
 * TypeScript knows the types.
 */
export async function loadPackage<T>(name: string, importer: () => Promise<T>): Promise<T> {
  try {
    return await importer();
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    throw new AppError("package-missing", `The package "${name}" is not installed.`, {
      hint: `Run: npm install ${name}`,
      cause: error,
    });
  }
}

/** Node names the missing package in the message only: "Cannot find package 'x' imported from …". */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return false;
  const missing = /^Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1];
  return missing === name || missing?.startsWith(`${name}/`) === true;
}
