import type { Audience } from "../core/style.ts";

const mostChars = 100;

/**
 * Under which names a manner is kept for whoever reads, the most special first. A person is one of a channel: who goes by
 * the same name on another is somebody else, and so is whoever a file names that says no channel.
 */
export function nameAudiences({ to, channel, formality }: Audience): readonly string[] {
  const place = channel?.slice(0, mostChars);
  return [
    ...(to === undefined ? [] : [`${place === undefined ? "" : `${place} `}to:${to.slice(0, mostChars)}`]),
    ...(place === undefined ? [] : [`channel:${place}`]),
    ...(formality === undefined ? [] : [`formality:${formality}`]),
  ];
}
