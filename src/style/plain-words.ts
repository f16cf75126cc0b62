/**
 * Words that are never a name, in any of four languages: only these change their case. "Will", "May" and "Mark" are
 * left out for that, and the German "Sie" and "Ihr", which mean something else in lower case.
 */
export const plainWords: ReadonlySet<string> = new Set(
  (
    "a about after again all also although always am an and any anyone anything are as at back be because been before being " +
    "best better between both but by can could did do does doing done down each either else even ever every everything fine " +
    "first for from get give go going good got great had has have having he hello here hey hi him his how however if in instead " +
    "into is isn it its just keep know last later let like look looks made make many maybe me more most much must my need never " +
    "new next no nope not nothing now of off ok okay on once one only or other our out over perhaps please probably put " +
    "really right same say see seems she should since so some someone something sorry still sure take than thank thanks that " +
    "the their them then there these they thing this those though thought through to today together tomorrow too try two " +
    "under until up us use used very was we well were what when where whether which while who why with without would " +
    "yes yesterday yet you your yeah yep yup nope nah unfortunately fortunately actually apparently hopefully alternatively " +
    "additionally finally currently generally typically personally honestly basically obviously luckily sadly similarly " +
    "usually sometimes often hmm oh ah well true indeed cool lol btw fyi " +
    "aber alle als also am auch auf aus bei bin bis bitte da danke dann das dass dem den denn der des die dies diese dieser doch " +
    "ein eine einen einer es für gerne gut habe haben hat hier ich ihm im in ist ja jetzt kann kein keine können leider man mein " +
    "mit muss nach nein nicht noch nun nur oder ob schon seit sind so soll und uns von vor war warum was weil wenn wer wie " +
    "wir wird wo zu zum zur " +
    "alors après au aussi avant avec ça ce ces cette comme dans de des donc du elle en encore est et il ils je la le les leur " +
    "mais merci mon ne non nous on ou où oui par pas pour pourquoi quand que qui sa sans si son sur très tu un une vous " +
    "ahora aquí así aunque bien como con cuando del el ella en entonces es esta este esto gracias hay hola la las lo los más " +
    "mi muy nada ni nos o para pero por porque puede que se sí sin sobre su también te tiene un una y ya yo"
  ).split(" "),
);
