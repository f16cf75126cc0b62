import { describeNearness } from "./nearness.ts";

/** Nearness to the reader's own manner of writing, in words, as a bar and as a number. */
export function StyleMeter({ score }: { readonly score: number }) {
  const percent = Math.round(score * 100);
  const words = describeNearness(score);
  return (
    <p class="style-meter">
      <span>Sounds {words}</span>
      <meter
        min={0}
        max={1}
        low={0.3}
        high={0.6}
        optimum={1}
        value={score}
        aria-label={`Nearness to your manner: ${words}`}
      >
        {percent} of 100
      </meter>
      <span class="style-number">{percent} of 100</span>
    </p>
  );
}
