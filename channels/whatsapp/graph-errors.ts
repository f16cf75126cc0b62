/**
 * The Cloud API's error codes in plain words:
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
const meanings: Readonly<Record<number, string>> = {
  33: "the number that we send from has been deleted",
  100: "the Cloud API does not understand the call",
  368: "the account is blocked for a while, because it broke a policy",
  130472: "WhatsApp keeps this person out of marketing messages",
  131005: "the token may not do this",
  131008: "a parameter is missing",
  131009: "a parameter has a wrong value",
  131021: "the number written to is our own",
  131026: "the person cannot get it: no WhatsApp, too old a version, or terms not accepted",
  131031: "the account is locked",
  131037: "the number needs an approved display name first",
  131042: "there is a problem with the account's payment",
  131045: "the number is not registered with the Cloud API",
  131047: "more than 24 hours have passed since this person last wrote; WhatsApp then takes templates only",
  131049: "WhatsApp chose not to deliver it",
  131050: "this person wants no marketing messages from us",
  131051: "WhatsApp does not take this type of message",
  131052: "WhatsApp could not fetch the file",
  131053: "WhatsApp does not take this file; its type or size",
  131062: "this message can only be sent to a phone number",
  132000: "the template has another number of variables",
  132001: "there is no such template in this language, or it is not approved",
  132005: "the text is too long for the template",
  132007: "the text breaks a rule for templates",
  132012: "the template's variable has another form",
  132015: "the template is paused for its quality",
  132016: "the template is disabled for its quality",
  133010: "the number is not registered with the Cloud API",
};

export function describeGraphCode(code: number | undefined, title?: string): string {
  if (code === undefined) return title ?? "no reason given";
  const meaning = meanings[code] ?? title;
  return meaning === undefined ? `error ${code}` : `${meaning} (${code})`;
}
