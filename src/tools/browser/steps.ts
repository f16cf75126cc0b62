import type { Locator, Page } from "playwright-core";
import { AppError } from "../../core/errors.ts";
import type { Tab } from "./session.ts";

export const roles = [
  "button",
  "link",
  "textbox",
  "searchbox",
  "checkbox",
  "radio",
  "combobox",
  "switch",
  "tab",
  "menuitem",
] as const;

export interface Step {
  readonly do: "click" | "fill" | "choose" | "press";
  /** Accessible name: what stands on it or beside it. */
  readonly name: string;
  readonly role?: (typeof roles)[number] | undefined;
  /** What to fill in, which option to choose, which key to press. */
  readonly value?: string | undefined;
}

const clickable = ["button", "link", "checkbox", "radio", "switch", "tab", "menuitem"] as const;
const fillable = ["textbox", "searchbox", "combobox"] as const;
const stepMs = 8000;

/** Carries out one step on the element of that name. Throws AppError when there is none, or more than one. */
export async function takeStep(tab: Tab, step: Step): Promise<void> {
  const { name, value = "" } = step;
  const found = await findElement(tab.page(), step);
  try {
    if (step.do === "fill") await found.fill(value, { timeout: stepMs });
    else if (step.do === "choose") await found.selectOption({ label: value }, { timeout: stepMs });
    else if (step.do === "press") await found.press(value, { timeout: stepMs });
    else await found.click({ timeout: stepMs });
  } catch (error) {
    throw new AppError(
      "tool-failed",
      `"${name.slice(0, 60)}" could not be used: it is hidden, switched off, or covered.`,
      {
        cause: error,
      },
    );
  }
  await tab.settle();
}

async function findElement(page: Page, { do: what, name, role }: Step): Promise<Locator> {
  const candidates = role === undefined ? (what === "click" ? clickable : fillable) : [role];
  for (const isExact of [true, false])
    for (const one of candidates) {
      const found = page.getByRole(one, { name, exact: isExact });
      const count = await found.count();
      if (count === 1) return found;
      if (count > 1)
        throw new AppError("conflict", `There are ${count} of that name.`, {
          hint: "Give the role, or the whole name.",
        });
    }
  throw new AppError("not-found", "There is nothing of that name on the page.", {
    hint: "Use a name from the list of what can be used.",
  });
}
