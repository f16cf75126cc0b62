/** Forms that a stemmer cannot know, and the shorthand of chats: form, then what it is looked for as. */
const text = `
went go, gone go, goes go, made make, got get, gotten get, took take, taken take, saw see, seen see, came come, gave give,
given give, found find, thought think, told tell, said say, felt feel, left leave, kept keep, began begin, begun begin,
brought bring, bought buy, caught catch, chose choose, chosen choose, drew draw, drawn draw, drove drive, driven drive,
ate eat, eaten eat, fell fall, fallen fall, flew fly, flown fly, forgot forget, forgotten forget, grew grow, grown grow,
heard hear, held hold, knew know, known know, led lead, lost lose, met meet, paid pay, ran run, rode ride, ridden ride,
sang sing, sung sing, sold sell, sent send, slept sleep, spoke speak, spoken speak, spent spend, stood stand, swam swim,
swum swim, taught teach, threw throw, thrown throw, understood understand, woke wake, woken wake, wore wear, worn wear,
wrote write, written write, broke break, broken break, built build, became become, hid hide, hidden hide, stole steal,
stolen steal, shook shake, shaken shake, froze freeze, frozen freeze, lent lend, meant mean, dealt deal, dug dig,
fought fight, sought seek, struck strike, stuck stick, swept sweep, rang ring, rung ring, sank sink, sunk sink,
bitten bite, blew blow, blown blow,
children child, kid child, kids child, men man, women woman, people person, feet foot, teeth tooth, mice mouse,
wives wife, knives knife, puppies puppy,
mom mother, moms mother, mum mother, mommy mother, dad father, dads father, daddy father, grandma grandmother,
granny grandmother, grandpa grandfather, hubby husband, bro brother, sis sister, bestie friend,
pic photo, pics photo, photograph photo, photographs photo, picture photo, pictures photo, vid video, vids video,
fave favorite, fav favorite, favourite favorite, favourites favorite, colour color, colours color, centre center,
theatre theater, neighbour neighbor, neighbours neighbor, neighbourhood neighborhood, organise organize, realise realize,
biz business, fam family, bike bicycle, bikes bicycle, tv television, uni university, bday birthday, hols holiday,
veggies vegetable, fridge refrigerator, app application, apps application, info information, convo conversation,
congrats congratulation, ad advertisement, ads advertisement, advert advertisement, lab laboratory, exam examination,
phd doctorate, ceo director, thx thank, msg message, msgs message, meds medicine,
two 2, three 3, four 4, five 5, six 6, seven 7, eight 8, nine 9, ten 10, eleven 11, twelve 12
`;

export const irregularForms: ReadonlyMap<string, string> = new Map(
  text
    .trim()
    .split(/,\s*/)
    .map((pair) => pair.split(" ") as [string, string]),
);
