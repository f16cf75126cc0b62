import { toTerm } from "./words.ts";

/*
 * Everyday English, written down from general knowledge and from no file of examples: words of one line are often used
 * for one another in question and answer. After a colon stand words that the word before it names the kind of.
 */
export const synonymLines: readonly string[] = `
child son daughter baby toddler boy girl
parent mother father
husband wife spouse partner marriage
brother sister sibling twin
aunt uncle cousin niece nephew relative
family relative parent household
friend buddy mate companion
boyfriend girlfriend partner dating relationship
wedding marry married engaged engagement bride groom
single divorced divorce breakup separated
pet animal dog puppy cat kitten
job work career occupation profession position employment
boss manager supervisor
colleague coworker teammate
company business firm startup employer
quit resign leave
hire recruit employ
salary wage pay income earnings
money cash fund finance financial budget
cheap affordable inexpensive
cost price fee expensive
buy purchase order
sell sale
gift present
shop store market mall
school college university education class course degree
study learn
teacher professor instructor coach tutor mentor
student pupil classmate
test quiz examination
book novel story read
author writer write
movie film cinema
show series television
song music tune album band concert singer sing
paint painting draw drawing art sketch artwork canvas
photo snapshot image camera
exercise workout gym fitness training
run jog marathon race
hike trail trek walk
bicycle cycling ride
swim pool
dance ballet
yoga meditation
trip travel journey vacation holiday tour getaway visit
fly flight plane airport
car vehicle truck automobile drive
beach ocean sea coast shore
mountain hill peak summit
camp tent campfire
house home apartment
move relocate relocation
city town
area neighborhood district
country nation homeland
garden plant flower
food meal dish dinner lunch breakfast eat
cook bake recipe
drink beverage coffee tea beer wine
dessert cake pie cookie sweets pastry
restaurant cafe diner
sick ill illness disease unwell
doctor physician hospital clinic nurse
injury injured hurt pain wound
accident crash incident
medicine medication pill drug treatment
therapy therapist counseling counselor psychologist
stress destress anxiety pressure tense
relax unwind calm peaceful rest destress
sleep nap tired exhausted
happy glad joy excited thrilled delighted pleased
sad unhappy upset depressed
angry mad furious annoyed
afraid scared fear nervous
love adore enjoy like
hate dislike
favorite prefer best
surprise shocked amazed
thankful grateful appreciate gratitude
worry concern
lonely alone
funny humor laugh hilarious
beautiful pretty gorgeous lovely
great awesome amazing wonderful fantastic incredible
important significant meaningful special
difficult hard tough challenge struggle
big large huge
small little tiny
begin start launch open
finish end complete
win victory prize award trophy medal
competition contest tournament championship
goal aim plan dream hope ambition
plan intend
try attempt
help support assist aid
advice tip suggestion recommend suggest advise
encourage motivate inspire
meet encounter
talk speak chat conversation discuss
tell say mention
think believe opinion
know realize discover find
remember recall memory remind
decide decision choose choice pick
change transform transition
improve improvement better progress
problem issue trouble difficulty setback obstacle
result outcome effect
party celebration celebrate festival event
birthday anniversary
graduation graduate ceremony
church religion religious faith spiritual
volunteer charity donate donation
community neighborhood local
election vote campaign politics political candidate
army military soldier veteran
police officer
law lawyer legal court
computer laptop software programming
phone call
internet online website web blog
email mail letter message
weather rain snow storm
autumn fall
clothes clothing outfit wear dress shirt fashion
shoes boots sneakers
jewelry necklace ring bracelet
furniture table chair sofa couch
build construct make create
repair fix renovate restore
gather collect collection
grow raise
hobby pastime interest
member join
group club team organization
leader lead
live reside
die death dead
birth born
young childhood
old elderly aged
register enroll sign
symbol symbolize represent mean
nature outdoors forest park wildlife
outage downtime incident failure
bug defect error crash
deploy release ship rollout
server host machine
deadline due date
invoice bill payment
meeting appointment call
city: london paris rome berlin madrid barcelona amsterdam vienna dublin lisbon prague tokyo sydney toronto montreal boston chicago seattle miami york francisco angeles vegas
country: spain france italy germany england britain ireland scotland sweden norway denmark finland poland portugal greece austria switzerland turkey china japan korea india thailand vietnam australia canada mexico brazil argentina peru egypt morocco kenya
europe: spain france italy germany england britain ireland scotland sweden norway denmark finland poland portugal greece austria switzerland
european: spain france italy germany england britain ireland scotland sweden norway denmark finland poland portugal greece austria switzerland
state: california texas florida oregon washington colorado alaska hawaii michigan ohio virginia georgia arizona nevada utah
pet: hamster rabbit parrot turtle goldfish
instrument: guitar piano violin drums flute clarinet saxophone cello trumpet ukulele
sport: football soccer basketball baseball tennis hockey golf volleyball swim run ski surf climb
martial: karate judo boxing kickboxing taekwondo aikido wrestling
art: sculpture pottery photography
craft: pottery knitting sewing woodworking
season: winter spring summer autumn
color: red blue green yellow purple orange pink black white
hobby: reading painting hiking gardening cooking photography dancing gaming
activity: hiking swimming camping painting running reading dancing cooking gaming
vehicle: motorcycle bicycle van truck
game: chess poker console puzzle
meal: pizza pasta soup salad sandwich steak
`
  .trim()
  .split("\n");

/** Words that may stand in an answer for this term of a question; without the term itself. Pure. */
export function listAlternatives(term: string): readonly string[] {
  if (term.length < 2) return [];
  // Stemming changes nothing before the last letter of a term, so most lines need no closer look.
  const beginning = ` ${term.slice(0, term.length > 3 ? 3 : 2)}`;
  const found = new Set<string>();
  for (const line of synonymLines) {
    if (!` ${line}`.includes(beginning)) continue;
    const [kind = "", members] = line.split(": ");
    const words = (members ?? kind).split(" ");
    const isMeant = members === undefined ? words.some((word) => isForm(word, term)) : isForm(kind, term);
    if (isMeant) for (const word of words) found.add(toTerm(word) ?? word);
  }
  found.delete(term);
  return [...found];
}

function isForm(word: string, term: string): boolean {
  return word.startsWith(term.slice(0, -1)) && toTerm(word) === term;
}
