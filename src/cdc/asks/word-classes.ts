/*
 * English words by what they do in a sentence. The model learns from these classes more than from the words of the
 * mail it was trained on: they are the same in other people's mail.
 */

const classes: Readonly<Record<string, string>> = {
  I: "i me myself",
  MY: "my mine",
  WE: "we us ourselves",
  OUR: "our ours",
  YOU: "you yourself yourselves ya yall",
  YOUR: "your yours",
  THEY: "he she they him them himself herself themselves everyone everybody someone somebody people guys folks",
  ANY: "anyone anybody anything any",
  IT: "it this that these those there its",
  PLS: "please kindly",
  CAN: "can could",
  WOULD: "would",
  WILL: "will shall gonna",
  SHOULD: "should must ought gotta",
  MAY: "may might",
  BE: "is are am was were be been being",
  DO: "do does did",
  HAVE: "have has had having",
  NOT: "not never no none nothing cannot without nor",
  WH: "what when where who whom whose which why how",
  IF: "if whether unless",
  WHEN: "once until till after before while since as because when although though",
  AND: "and or but so then also plus",
  TO: "to",
  FOR: "for",
  PREP: "of in on at by with from about into over under through during between per via re regarding within",
  ART: "the a an",
  WANT: "want wanted wanna wish need needs needed like love prefer expect hope hoping appreciate grateful require",
  ABLE: "able possible available free willing interested ready",
  LETS: "lets",
  LET: "let",
  THANKS: "thanks thank thx thanx cheers",
  SORRY: "sorry apologies apologize",
  HI: "hi hello hey dear greetings morning afternoon evening",
  SOON: "asap soon immediately today tonight tomorrow now later shortly yesterday",
  DAY: "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun weekend week month noon midday",
  MONTH:
    "january february march april june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec",
  TALK: "discuss talk chat speak meet call phone visit catch touch discussion talking discussing meeting meetings calls lunch dinner coffee drink drinks breakfast conference appointment",
  SEND: "send forward email mail fax reply respond answer write copy cc text submit mailing resend deliver tell ask advise inform notify remind contact inquire confirm rsvp",
  GIVE: "give show bring get pass provide share return offer pay lend",
  CHECK:
    "check review read verify approve sign fill complete update change fix revise prepare draft print schedule arrange book set setup make take handle add remove include comment consider look see find note ensure finish work try cover pick put keep help join come attend hold stop start begin wait remember forget think",
  CLICK:
    "click visit register subscribe unsubscribe download sign login log follow enter browse learn shop order buy purchase save act enjoy discover explore choose select search apply use claim win copy paste upgrade activate install watch go",
  NOUN: "question questions comment comments thoughts feedback suggestions input opinion information info copy details number numbers list report file files document documents attachment attached agreement contract draft deal deals plan time chance minute minutes moment advice help idea ideas ability response",
};

/** The class of a lower-case word; undefined for words that only name things. */
export type FindClass = (word: string) => string | undefined;

/** A word in several classes has the first: "copy" is sent more often than it is made. */
export function createWordClasses(): FindClass {
  const found = new Map<string, string>();
  for (const [name, words] of Object.entries(classes))
    for (const word of words.split(" ")) if (!found.has(word)) found.set(word, name);
  return (word) => found.get(word);
}
