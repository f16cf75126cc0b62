/**
 * Teams' names of reactions: https://learn.microsoft.com/microsoftteams/platform/resources/teams-reactions-reference.
 * Most begin with the emoji's code points ("1f440_eyes"); these are the common ones that do not, and those that we send.
 * Where an emoji has several names, the first is the one that Teams' own picker shows.
 */
const names: readonly (readonly [emoji: string, ...names: string[]])[] = [
  ["👍", "like", "yes", "plusone"],
  ["👎", "no"],
  ["❤️", "heart"],
  ["😆", "laugh"],
  ["😮", "surprised"],
  ["🙁", "sad"],
  ["😠", "angry"],
  ["😢", "cry"],
  ["😂", "cwl"],
  ["🤣", "rofl"],
  ["🙂", "smile"],
  ["😊", "smileeyes", "blush"],
  ["😃", "happyface", "1f603_grinningfacewithbigeyes"],
  ["😄", "grinningfacewithsmilingeyes"],
  ["😁", "1f601_beamingfacewithsmilingeyes"],
  ["😅", "sweatgrinning"],
  ["😉", "wink"],
  ["😎", "cool"],
  ["😍", "hearteyes"],
  ["🤩", "stareyes"],
  ["🤔", "think"],
  ["🫡", "salute"],
  ["🙄", "dull"],
  ["😐", "speechless"],
  ["😕", "confused"],
  ["😞", "disappointed"],
  ["😭", "loudlycrying"],
  ["😱", "screamingfear"],
  ["😡", "angryface"],
  ["🥳", "party"],
  ["🤯", "1f92f_explodinghead"],
  ["🤖", "smilerobot"],
  ["💩", "poop"],
  ["👻", "ghost"],
  ["💀", "skull"],
  ["💔", "brokenheart"],
  ["💙", "heartblue"],
  ["💚", "heartgreen"],
  ["💛", "heartyellow"],
  ["💜", "heartpurple"],
  ["🧡", "heartorange"],
  ["💯", "1f4af_hundredpointssymbol"],
  ["💥", "1f4a5_collisionsymbol"],
  ["💣", "bomb"],
  ["💡", "idea"],
  ["👋", "1f44b_wavinghand", "hi"],
  ["👌", "ok"],
  ["✌️", "victory"],
  ["🤞", "crossedfingers", "fingerscrossed"],
  ["✋", "highfive", "270b_raisedhand", "wait"],
  ["👏", "clappinghands", "clap"],
  ["🙌", "handsinair"],
  ["🤝", "handshake"],
  ["🙏", "praying"],
  ["💪", "muscle"],
  ["🤷", "shrug"],
  ["🤦", "1f926_personfacepalming", "facepalm"],
  ["👀", "1f440_eyes"],
  ["🚀", "launch"],
  ["📌", "1f4cc_pushpin"],
  ["✅", "2705_whiteheavycheckmark"],
  ["✔️", "2714_heavycheckmark"],
  ["☑️", "2611_ballotboxwithcheck"],
  ["❌", "274c_crossmark"],
  ["❎", "274e_negativesquaredcrossmark"],
  ["⚠️", "26a0_warningsign"],
  ["❓", "2753_blackquestionmarkornament"],
  ["❗", "2757_heavyexclamationmarksymbol"],
  ["🎉", "1f389_partypopper"],
  ["🔥", "fire"],
  ["♻️", "recycle"],
];

const tones = ["", "\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"];

/** The emoji of a reaction; its name as ":name:" where it has none that is known. */
export function parseReaction(type: string): string {
  // A picture of the organisation's own has its place behind the name: "shipit;0-weu-d1-abc".
  const [, name = "", tone = ""] = /^(.*?)(?:-tone([1-5]))?$/.exec(type.split(";")[0] ?? "") ?? [];
  const emoji = names.find(([, ...known]) => known.includes(name.toLowerCase()))?.[0] ?? parseCodePoints(name);
  if (emoji === undefined) return /^[\w-]+$/.test(name) ? `:${name}:` : name;
  return emoji + (tones[Number(tone)] ?? "");
}

/** Teams' name of an emoji. Undefined when it has none that we know. */
export function formatReaction(emoji: string): string | undefined {
  const tone = tones.findIndex((each) => each !== "" && emoji.includes(each));
  const plain = stripVariants(tone > 0 ? emoji.replaceAll(tones[tone] ?? "", "") : emoji);
  const name = names.find(([each]) => stripVariants(each) === plain)?.[1];
  return name === undefined || tone < 1 ? name : `${name}-tone${tone}`;
}

/** "1f468_200d_1f9b0_maleredhaired" begins with the code points. */
function parseCodePoints(name: string): string | undefined {
  const parts = name.split("_");
  const end = parts.findIndex((part) => !/^(?:[0-9a-f]{4,5})$/.test(part));
  const points = parts.slice(0, end < 0 ? parts.length : end).map((part) => Number.parseInt(part, 16));
  if (points.length === 0 || points.some((point) => point < 0xa0 || (point >= 0xd800 && point < 0xe000)))
    return undefined;
  const text = String.fromCodePoint(...points);
  return /\p{Extended_Pictographic}/u.test(text) ? text : undefined;
}

const stripVariants = (emoji: string): string => emoji.replaceAll("\ufe0f", "");
