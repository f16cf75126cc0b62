const prefix = "parlance.edit.";

/** Words that were written into a draft and not sent; they outlive a reload, not the tab. */
export function loadEdit(id: string): string | undefined {
  try {
    return sessionStorage.getItem(prefix + id) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Undefined: forgotten. Storage may be forbidden or full: then they live as long as the page. */
export function saveEdit(id: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(prefix + id);
    else sessionStorage.setItem(prefix + id, text);
  } catch {
    // Kept until the page is left.
  }
}
