const frequent = {
  en: "the and to of is it you that in for on with this are not have be i my was can do what if there but",
  de: "der die das und ist nicht ich du ein eine zu mit auf für wir sie es auch aber noch wie dass kann habe bin",
  fr: "le la les et est pas je tu un une de des que pour avec sur nous vous il elle mais aussi dans ce suis ai",
  es: "el la los y es no yo un una de que para con en por nosotros pero también como está muy más lo se te estoy",
} as const;

export type Language = keyof typeof frequent;

const sets = (Object.keys(frequent) as Language[]).map((language) => ({
  language,
  words: frequent[language].split(" "),
}));

/** The language of a text by its most frequent words; undefined when too few tell. */
export function detectLanguage(words: readonly string[]): Language | undefined {
  const counts = sets.map(({ language, words: known }) => ({
    language,
    count: words.filter((word) => known.includes(word)).length,
  }));
  const [best, next] = counts.toSorted((a, b) => b.count - a.count);
  return best !== undefined && best.count >= 2 && best.count > (next?.count ?? 0) ? best.language : undefined;
}
