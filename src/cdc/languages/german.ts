import { defineStart, defineWords, type LanguageRules } from "./language-rules.ts";

export const german: LanguageRules = {
  language: "de",
  smallWords: new Set(
    "der die das und ist nicht ich du sie wir ihr es ein eine einen zu mit auf für von dem den im am bis bitte kannst könntest können danke hallo noch mal schon auch wie wann wer hat haben bin sind dir mir mich dich uns euch heute morgen übermorgen dringend kein keine oder aber wenn ja nein guten tag gut jemand weiß ob mir einen fasse schick ruf komm erinnere kostet spät".split(
      " ",
    ),
  ),
  greeting: defineStart(
    "hallo|hi|hey|moin|servus|grüß (?:gott|dich|euch)|guten (?:morgen|tag|abend)|gute nacht|tschüss|tschüß|schönen (?:tag|abend|feierabend|urlaub)|schönes wochenende|alles gute|herzlichen glückwunsch|frohe (?:weihnachten|ostern)|willkommen|bis (?:bald|später|dann|morgen)[.! ]*$",
  ),
  thanks: defineWords(
    "danke|vielen dank|dankeschön|herzlichen dank|besten dank|merci|ich danke|lieben dank|tausend dank",
  ),
  request: defineWords(
    "bitte(?!,? (?:schön|sehr|gern|gerne)(?![\\p{L}]))",
    "(?<!(?<![\\p{L}])(?:das|dies|es|so|hier|dann|dort|da|jetzt|gerne?|natürlich|nur|was|wie|wo|wann|ob|dass) )(?:kannst|könntest|könnten|können|würdest|würden|magst|möchtest|willst|wollt|könnt|könntet|würdet|hättest|hätten|schaffst) (?:du|sie|ihr|mir|uns|dir|bitte|mal|jemand|wir)",
    "(?:ich|wir) (?:brauche|brauchen|bräuchte|bräuchten|benötige|benötigen)[^.!?]{0,80}(?:von (?:dir|ihnen|euch)|bis|noch|dringend|dein|deine|ihr|ihre)",
    "(?:sag|gib|schick|schicke|ruf|schreib|zeig|lass|bring|hilf|erklär|erkläre|schau|guck|denk|vergiss|melde|meld|bestätige|prüfe|prüf|kümmere|nimm|hol|mach|stell|sende|leite|warte|komm) (?:mir|uns|mich|dich|dir|mal|an|bitte|nicht|den|die|das|es|ihn|sie|daran|doch|kurz|um|heute|morgen)",
    "(?:schicken|senden|geben|melden|teilen|füllen|rufen|lassen|beachten|bestätigen|prüfen|überweisen|kontaktieren|schauen|reichen|bringen|denken) sie",
    "(?:ich|wir) (?:bitte|bitten) (?:dich|sie|euch|um)|wäre (?:es )?(?:möglich|nett|toll|super|schön|lieb|gut)|um (?:rückmeldung|antwort|bestätigung|rückruf)|(?:gib|gebt|geben sie) (?:mir |uns )?(?:kurz )?bescheid|sag bescheid|meldet euch|denkt (?:bitte )?(?:an|daran)|vergesst nicht|schickt (?:mir|uns)|ich warte (?:noch )?auf (?:deine|ihre|eure)|du (?:musst|solltest)|sie (?:müssen|sollten)",
  ),
  order: defineStart(
    "(?:(?:und|dann|also|ok|hey|hallo|jetzt|nun|danke|ja)[,!]? ){0,2}(?:@\\S+ )?(?:fasse?|erinnere?|übersetze?|schreibe?|schicke?|sende?|zeige?|gib|sage?|nenne?|erkläre?|hilf|komm|ruf|mache?|stelle?|lies|prüfe?|suche?|finde|frage?|bringe?|warte|vergleiche?|berechne|plane?|buche?|lösche?|öffne|melde?|korrigiere?|liste|beschreibe|empfiehl|schlage?|denke?|vergiss|nimm|hole?|schau|guck)(?! (?:ich|dir|dich|euch|ihnen|gleich|später|morgen|heute|noch|grad|gerade|es dir))(?= )",
  ),
  questionStart: defineStart(
    "(?:und |aber |also |ok |sag mal |hey |hallo |du |entschuldigung |kurze frage )*(?:was|wann|wo|wer|wen|wem|wie|warum|wieso|weshalb|welche|welcher|welches|wohin|woher|wieviel|kostet|hast du|haben sie|habt ihr|bist du|sind sie|seid ihr|kommst du|kommt ihr|weißt du|wissen sie|weiß (?:jemand|wer|einer)|hat (?:jemand|wer|einer)|gibt es|geht es|ist (?:das|es|der|die|noch|denn)|kann (?:jemand|ich|man|wer)|soll (?:ich|das)|darf ich|passt (?:das|dir|es|ihnen)|bleibt es)",
  ),
  rhetorical:
    /^\W*(?:wer weiß|ist das nicht \p{L}+|echt|wirklich|ernsthaft|oder|gell|was soll['’]?s|na und|warum nicht|was soll man machen|wer braucht das schon|wen interessiert['’]?s)\W*\?*$/iu,
  you: defineWords("du|dich|dir|dein|deine|deinen|deinem|deiner|ihnen|ihre?n?"),
  room: defineWords(
    "alle zusammen|ihr alle|an alle|leute|zusammen|team|allerseits|@(?:all|alle|here|everyone|channel)|(?:hallo|hi|hey|moin|guten morgen)(?:,)? (?:zusammen|alle|leute|ihr)",
    "(?:weiß|hat|kann|könnte|mag|kennt|will|ist|war|braucht|würde) (?:jemand|irgendjemand|einer von euch|wer|irgendwer)|jemand (?:hier|von euch|da|eine ahnung|lust)|wer (?:von euch|kann|hat|weiß|kommt|möchte|will|ist dabei)|habt ihr|könnt ihr|denkt bitte",
  ),
  relaxed: defineWords(
    "(?:nicht|kein|keine|nichts|wenig)(?: \\p{L}+){0,2} (?:dringend|dringendes|eilig|eile|stress|hektik|wichtig|sofort|hast|wichtiges|eiliges)|eilt (?:\\p{L}+ )?nicht|(?:hat|das hat) (?:noch )?zeit|wenn du (?:mal )?zeit hast|in ruhe|bei gelegenheit|lass dir zeit|keine eile|kein stress|wann immer",
  ),
  urgent: defineWords(
    "dringend|dringende|dringender|dringendes|eilt|eilig|sofort|umgehend|schnellstmöglich|so schnell wie möglich|asap|notfall|unverzüglich|auf der stelle|brandeilig|(?:server|seite|website|produktion|system|datenbank)(?: \\p{L}+)? (?:ist|sind) (?:down|ausgefallen|tot|offline)|(?:ist|sind) ausgefallen",
  ),
  important: defineWords(
    "wichtig|wichtige|wichtiges|schnell|bald möglichst|baldmöglichst|frist|mahnung|überfällig|letzte erinnerung|höchste priorität|so bald wie möglich|heute noch|noch heute",
  ),
};
