/** Twilio's error codes in plain words: https://www.twilio.com/docs/api/errors */
const meanings: Readonly<Record<number, string>> = {
  12300: "Twilio cannot use the type of the file",
  20404: "Twilio does not know what was asked for; a wrong account or Messaging Service",
  21211: "the number written to is not a valid phone number",
  21212: "the number written from is not a valid phone number",
  21408: "the account may not send to this country; allow it under Messaging > Settings > Geo permissions",
  21606: "the number written from does not belong to the account, or cannot send messages",
  21608: "a trial account can only write to numbers verified in the Twilio Console",
  21610: "this person has opted out by STOP, and gets nothing until they send START",
  21611: "too many messages from this number wait to be sent",
  21612: "this number cannot be reached from ours",
  21614: "the number is not a mobile number",
  21617: "the text is longer than 1,600 characters",
  21620: "Twilio cannot use the address of the file",
  21703: "the Messaging Service has no number that can be used for this person",
  30001: "too many messages from this number wait to be sent",
  30002: "the Twilio account is suspended",
  30003: "the phone is switched off or cannot be reached",
  30004: "the carrier or the person blocks messages from this number",
  30005: "the number is unknown or no longer exists",
  30006: "the number is a landline, or its carrier takes no messages",
  30007: "the carrier filtered the message as unwanted",
  30008: "the carrier gave no reason",
  30032: "the toll-free number is not verified yet",
  30034: "the number is not registered for A2P 10DLC, which carriers in the United States require",
  63003: "WhatsApp does not know the number written to",
  63007: "WhatsApp does not know the number written from; it must be a WhatsApp sender of the account",
  63016: "more than 24 hours have passed since this person last wrote; WhatsApp then takes templates only",
  63018: "WhatsApp asks to send more slowly",
  63024: "the number written to cannot get WhatsApp messages",
  63032: "WhatsApp limits what this person gets",
  63049: "WhatsApp chose not to deliver the message",
  572002:
    "a trial account can only write to its verified numbers, and from the trial number that each of them was given",
  572006: "a trial account can only send Twilio's own sample texts; upgrade it in the Twilio Console",
};

/** Such as "this person has opted out … (21610)"; for a code that is not known here, where to read about it. */
export function describeTwilioCode(code: number | undefined): string | undefined {
  if (code === undefined) return undefined;
  const meaning = meanings[code];
  return meaning === undefined ? `see https://www.twilio.com/docs/errors/${code}` : `${meaning} (${code})`;
}
