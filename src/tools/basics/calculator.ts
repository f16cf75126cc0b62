import { z } from "zod";
import type { Tool } from "../../core/tool.ts";
import { defineTool, words } from "../define.ts";
import { evaluateExpression, formatNumber } from "./expression.ts";

export function createCalculator(): Tool {
  return defineTool({
    name: "calculator",
    description: "Works out an arithmetic expression. Use it for any calculation.",
    input: z.strictObject({
      expression: z.string().min(1).max(1000).describe("Such as (1 + 2) * sqrt(16) / 3^2; % is the remainder."),
    }),
    effect: "read",
    // Signs count only between digits.
    keywords: [
      ...words(
        "+ * / ^ % calculate calculator compute average percent percentage multiply divide divided plus minus sqrt",
      ),
      ...words(
        "rechne berechne summe prozent geteilt wurzel calcule calculer somme pourcent calcula suma porcentaje calcola percento",
      ),
      "how much",
      "square root",
      "wie viel",
    ],
    timeoutMs: 1000,
    maxOutputChars: 200,
    run({ expression }) {
      return Promise.resolve({
        text: formatNumber(evaluateExpression(expression)),
        isOutside: false,
      });
    },
  });
}
