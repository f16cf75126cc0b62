export interface Price {
  readonly amount: number;
  /** Such as "USD". */
  readonly currency: string;
}

/** What `segmentPrice` may look like, such as "0.0083 USD". */
export const pricePattern = /^(\d{1,6}(?:\.\d{1,8})?) ([A-Z]{3})$/;

/** So many segments' price; undefined where none is configured. */
export function pickCost(segments: number, segmentPrice: string | undefined): Price | undefined {
  const [, amount, currency] = pricePattern.exec(segmentPrice ?? "") ?? [];
  if (amount === undefined || currency === undefined) return undefined;
  return { amount: Number((segments * Number(amount)).toFixed(4)), currency };
}
