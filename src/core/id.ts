import { randomBytes } from "node:crypto";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32, lower case

/** A new id: 50 bits of time, then 60 random bits, in 22 characters that sort by time. */
export function createId(now: number): string {
  const random = randomBytes(8);
  let text = "";
  for (let shift = 45; shift >= 0; shift -= 5) text += alphabet[Math.floor(now / 2 ** shift) % 32];
  for (let bit = 0; bit < 60; bit += 5) text += alphabet[readBits(random, bit)];
  return text;
}

/** `length` characters that people can read out: no vowels that form words, no 0/O or 1/I. */
export function createCode(length: number): string {
  const letters = "23456789BCDFGHJKMNPQRTVWXYZ";
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < letters.length * 9 && text.length < length) text += letters[byte % letters.length];
    }
  }
  return text;
}

function readBits(bytes: Uint8Array, bit: number): number {
  const index = bit >> 3;
  const word = ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  return (word >> (11 - (bit & 7))) & 31;
}
