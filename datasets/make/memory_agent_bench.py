#!/usr/bin/env python3
"""Writes the built-in data of the memory-agent bench.

Everything here is invented: people, towns, films, stories and chats. The format is the one of the public data set of the same kind (four
files of JSON lines, one context a line), so a reader of that data reads these files too. One extra key per row, `rules`, is for the offline
judge and for the measures of retrieval.

Run from the root of the repository:

    python3 datasets/make/memory_agent_bench.py

Standard library only, no network, one fixed seed: the same bytes on every run.
"""

import datetime
import json
import os
import random
import re

SEED = "memory-agent-bench builtin 1"
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "builtin", "memory-agent-bench")


def rng(*key):
    """A generator of its own for every part, so that a change in one part leaves the others as they are."""
    return random.Random(SEED + "/" + "/".join(str(k) for k in key))


def words(text):
    return [w for w in re.split(r"\s*;\s*", " ".join(text.split())) if w]


# ---------------------------------------------------------------------------------------------------------------------------------------
# Names

FIRST = words("""
Aldith; Bettany; Corisande; Dorrit; Edric; Fenella; Gideon; Hesper; Isolde; Jory; Keziah; Leofric; Maudlin; Nerys; Osric; Petronel; Quill;
Rowena; Silvan; Tamsin; Ulric; Verity; Wilmot; Xanthe; Yestin; Zillah; Anselm; Briony; Crispin; Delphine; Evander; Florian; Gretel; Hamlin;
Imogen; Jasper; Kerenza; Lambert; Mirabel; Nesta; Odile; Peregrin; Roslin; Sabra; Thaddeus; Una; Vivian; Wystan; Ysanne; Barnaby; Clemence;
Drusilla; Ephraim; Freya; Gwenda; Hal; Ines; Josselin; Kitty; Lettice; Merrick; Norris; Ottoline; Piers; Radegund; Sorrel; Tobias; Ursa
""")

LAST = words("""
Abberling; Brannoch; Calloweth; Dunmarrow; Eskerby; Fornaby; Garrowsall; Hathersall; Ilvane; Jessamond; Kettlewold; Lorimond; Marrowdine;
Nettleby; Ockenfold; Pellowick; Quarrenby; Ravensall; Sallowick; Thistlefold; Umberlow; Vantriss; Wexcombe; Yarrowby; Zennoway; Ambersley;
Brindlewick; Crumbold; Dorlish; Elvasham; Foxgale; Gorsedale; Hollinshaw; Inkersby; Jarrowell; Kelvethan; Lintwold; Mossgarth; Norrowby;
Orlock; Pasketh; Quennelby; Rushavane; Scrivelow; Tallowby; Ulverstrand; Vellaby; Wintersall; Yeoberry; Ashgrane; Bellimer; Carrowend;
Dunnockby; Emberlin; Fallowick; Gristane; Harkaway; Isenfold; Jollifant; Kestrick; Lavenock; Merriboy; Nunnaway; Oxenshaw; Plumbeck;
Quintrell; Rookesby; Stannaway; Tressilby; Undercliff; Varrowin; Whinfold; Yaxendale; Zeale; Applethwick; Birkenshall; Cobbaldick
""")

TOWNS = words("""
Marlhaven; Dunscar; Ostrowick; Pellwick; Brackenholt; Sallowby; Thornquay; Eldermouth; Fenwater; Garrowmere; Hollincross; Ivelden; Kestry;
Larkhope; Merrowdale; Netherpool; Oakshaw; Pendrake; Quillbridge; Ravelstoke; Stennick; Tarnsey; Ulverby; Vellacombe; Westerhythe; Yarmsby;
Zennorick; Ambleth; Borrowell; Cawdry; Drumlay; Eskerton; Foxmarsh; Glenarrow; Harrowick; Inchmoor; Jorrow; Kilbraith; Lissen; Moorsend;
Norbeck; Orlesby; Pargeter; Rushavel; Skellin; Tressick; Umberwell; Vosgarth; Whinmouth; Yelverby
""")

# Surnames that readers would tie to a real, well-known person; none of ours may be among them.
WELL_KNOWN = set(words("""
austen; bach; beethoven; bell; blake; bronte; byron; carroll; chaplin; churchill; conrad; cook; cromwell; curie; dali; darwin; defoe; dickens;
drake; edison; einstein; eliot; faraday; fleming; ford; franklin; freud; galileo; gauss; goethe; hardy; hawking; hemingway; hitchcock; joyce;
kafka; keats; kepler; lincoln; lovelace; marlowe; maxwell; mendel; milton; monet; mozart; nelson; newton; nightingale; nobel; orwell; pascal;
pasteur; picasso; poe; rembrandt; rowling; rutherford; scott; shakespeare; shaw; shelley; swift; tesla; thatcher; tolkien; tolstoy; turing;
turner; twain; verne; wagner; washington; watt; wells; wilde; woolf; wordsworth; wren; yeats
"""))


def people(r, count, avoid=()):
    """Distinct full names whose surnames differ too, while the surnames last."""
    lasts = list(LAST)
    r.shuffle(lasts)
    firsts = list(FIRST)
    r.shuffle(firsts)
    out, used, k = [], set(avoid), 0
    while len(out) < count:
        name = firsts[k % len(firsts)] + " " + lasts[(k + k // len(lasts)) % len(lasts)]
        k += 1
        if name not in used:
            used.add(name)
            out.append(name)
    return out


def collapse(text):
    return " ".join(text.split())


def norm(text):
    """The normal form of the scorer: lower case, no punctuation, no articles, single spaces."""
    text = re.sub(r"[!-/:-@\[-`{-~]", "", text.lower())
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def once(needle, hay):
    """How often the words of `needle` stand in `hay` as whole words."""
    return len(re.findall(r"(?<![a-z0-9])" + re.escape(norm(needle)) + r"(?![a-z0-9])", hay))


METADATA = ["demo", "haystack_sessions", "keypoints", "previous_events", "qa_pair_ids", "question_dates", "question_ids", "question_types", "source"]


def row(source, context, questions, answers, rules, **metadata):
    meta = {name: None for name in METADATA}
    meta.update(metadata)
    meta["source"] = source
    meta["qa_pair_ids"] = ["%s_no%d" % (source, i) for i in range(len(questions))]
    assert set(meta) == set(METADATA)
    return {"context": context, "questions": questions, "answers": answers, "metadata": meta, "rules": rules}


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


# ---------------------------------------------------------------------------------------------------------------------------------------
# Documents: passages about invented people, towns and works

TRADES = words("""
thatcher of barns; lens grinder; bell tuner; rope walker; salt boiler; map engraver; glove maker; mole catcher; lamp inspector; net mender; ink maker;
harp builder; cheese grader; kite maker; well digger; button carver; lighthouse painter; hedge layer; seed merchant; comb maker; tile glazer;
barrel cooper; wig maker; tide gauger; globe maker; clog maker; wax chandler; pond keeper
""")
INSTRUMENTS = words("""
bass viol; hurdy-gurdy; alto flute; glass harmonica; concertina; lap harp; tenor horn; bagpipes; zither; mandolin; kettledrums; piccolo;
bassoon; nose whistle; cimbalom; dulcimer; tuba; spinet; ocarina; bugle; lute; musical saw; celesta; oboe
""")
COLLECTIONS = words("""
brass thimbles; railway lamps; pressed ferns; ships' biscuits; broken clocks; snail shells; tram tickets; hat pins; birds' feathers; old keys;
painted eggs; toll tokens; wine corks; chess pawns; fossil fish; church candles; dog whistles; lead soldiers; sugar tongs; paper fans;
shop signs; doorknobs; sealing wax; walking sticks; post horns; barometers
""")
PETS = words("""
three-legged hound; tame jackdaw; white ferret; blind donkey; talking starling; brown goat; one-eyed cat; lame heron; grey parrot; badger cub;
tortoise; red squirrel; hedgehog; barn owl; piebald pony; mastiff; tame otter; toad; lurcher; pigeon; raven; spotted pig; gander; stoat
""")
INVENTIONS = words("""
folding ladder; silent doorbell; steam mangle; tide alarm; self-winding spit; collapsible bath; floating lantern; double umbrella; egg counter;
rain organ; butter clock; two-sided spade; singing kettle; pocket sundial; snow rake; hand-cranked fan; fog trumpet; apple sorter; bread slicer;
magnetic broom; chimney cowl; reversible boot; curtain pulley; lettuce spinner
""")
DISHES = words("""
pickled walnuts; eel pie; plum dumplings; smoked trout; barley soup; onion tart; cold mutton; potato cakes; stewed quinces; herring roe; pea pudding;
goose broth; chestnut bread; fried perch; gooseberry fool; rabbit stew; turnip mash; lemon curd; leek pasties; blackberry jelly; oat biscuits;
mushroom toast; damson cheese; parsnip fritters
""")
STREETS = words("""
Candle Row; Tanner's Steps; Bellows Lane; Gull Yard; Needle Street; Pewter Alley; Saffron Hill End; Long Orchard; Cooper's Rise; Halfmoon Terrace;
Wicket Lane; Fiddler's Walk; Starling Court; Mill Tail; Lantern Parade; Ropewalk Square; Quince Passage; Tollgate Road; Ferry Stairs; Thimble Lane;
Copperbeech Drive; Salt Close; Beacon Street; Drover's End
""")
PRODUCTS = words("""
blue glass; sailcloth; heather honey; clay pipes; oak barrels; horn combs; saddle leather; green cheese; beeswax candles; fishing floats;
lace collars; copper pans; mustard; willow baskets; slate pencils; barge paint; felt hats; church bells; rye whisky; marbled paper; tin toys; rope sandals
""")
RIVERS = words("""
Isk; Orrow; Tamble; Wenlow; Garran; Skerne Water; Ullow; Pell; Drusk; Marrin; Thressel; Avelow; Cobble Burn; Yarrin; Hesk; Lorn Water; Fennel Brook; Vask;
Brindle; Quern; Sallow Beck; Dunnow
""")
FESTIVALS = words("""
the Lantern Swim; the Goose Parade; the Feast of Nets; the Candle Race; the Blessing of the Spades; the Barrel Walk; the Night of Bells; the Onion Fair;
the Kite Sunday; the Herring Dance; the Salt Procession; the Apple Howling; the Raft Regatta; the Straw Bear Week; the Ladder Games; the Owl Supper;
the Hat Burning; the Wool Crowning; the Mud Derby; the Drum Vigil
""")
TITLES = words("""
Grey Weir; The Tin Orchard; A Ladder for Winter; Seven Lamps Out; The Miller's Comet; Salt in the Clock; Low Bridge; The Borrowed Harbour; Nine Quiet Doors;
The Ferryman's Daughter's Coat; Under the Slate Moon; Bread and Thunder; The Unlit Stair; Red Kites over Pellwick; An Inch of Rain; The Glass Drover;
Winter Tolls; Where the Rope Ends; The Patient Fire; Moth and Anchor; The Long Kettle; Ashes for Breakfast; A Map of Small Rooms; The Wax Admiral
""")
HOUSES = words("""
Tallow and Reed; the Heron Press; Blackletter Brothers; the Quay Printing Works; Ostler and Daughter; the Wren Street Press; Marigold Books;
the Owl Foundry; Pike and Lantern; the Hilltop Press; Crowfoot and Vane; the Candlewick Press; Fathom House; the Slate Yard Press; Turnstile Books;
the Bellrope Press; Juniper and Stave; the Gatepost Press; Thornback Editions; the Tern Press
""")

PERSON = {
    "trade": (TRADES, ["{n} earned a living as {av} for most of a long working life.", "By trade {n} was {av}, and a proud one.",
                       "People who needed {av} sent for {n} first.", "For thirty years {n} was the only {v} in the district."],
              ["What trade did {n} follow?", "By what trade did {n} earn a living?"]),
    "instrument": (INSTRUMENTS, ["In the evenings {n} played the {v} with the window open.", "{n} learned to play the {v} at the age of nine.",
                                 "The instrument that {n} loved best and played worst was the {v}.", "No wedding was complete until {n} had played the {v}."],
                   ["Which instrument did {n} play?", "What instrument did {n} play?"]),
    "collects": (COLLECTIONS, ["{n} collected {v} and kept them in labelled drawers.", "A whole attic in the house of {n} was filled with the {v} collected over the years.",
                               "As a child {n} had already collected {v}, and never stopped.", "Visitors were shown the {v} that {n} had collected."],
                 ["What did {n} collect?", "Which things were collected by {n}?"]),
    "pet": (PETS, ["{n} kept a pet, {av} that slept under the stairs.", "The only companion of {n} in those years was a pet, {av}.",
                   "Children remembered the pet of {n}, {av} with bad manners.", "Wherever {n} walked, the household pet, {av}, walked behind."],
            ["What kind of animal did {n} keep as a pet?", "Which animal was the pet of {n}?"]),
    "invention": (INVENTIONS, ["{n} invented the {v} and never earned a penny by it.", "The patent for the {v} invented by {n} was refused twice.",
                               "It was {n} who invented the {v}, after a bet.", "An early drawing shows the {v} that {n} invented one wet spring."],
                  ["What did {n} invent?", "Which device was invented by {n}?"]),
    "dish": (DISHES, ["The favourite dish of {n} was {v}, at any hour.", "{n} would cross the county for {v}, a favourite dish since childhood.",
                      "On birthdays {n} asked for one favourite dish only, which was {v}.", "Cooks who wished to please {n} served {v}, that favourite dish."],
             ["What was the favourite dish of {n}?", "Which dish was the favourite of {n}?"]),
    "street": (STREETS, ["{n} lived for years in a narrow house in {v}.", "The house in {v} where {n} lived still has its green door.",
                         "From the age of thirty {n} lived in {v}, above a shop.", "{n} lived alone in {v} and liked it."],
               ["In which street did {n} live?", "Where was the house in which {n} lived?"]),
    "born": ("town", ["{n} was born in {v} in a house by the quarry.", "{n}, who was born in {v}, was the fourth of seven children.",
                      "Although {n} was born in {v}, the family soon moved away.", "The parish book says that {n} was born in {v} during a flood."],
             ["In which town was {n} born?", "Where was {n} born?"]),
    "teacher": ("person", ["The teacher of {n} was {v}, who never gave praise.", "{n} had one teacher in all that time, {v}.",
                           "As a pupil {n} quarrelled daily with the teacher {v}.", "{v} was the teacher to whom {n} owed everything."],
                ["Who was the teacher of {n}?", "Which teacher taught {n}?"]),
    "prize": ("year", ["{n} won the county medal in {v} and mislaid it.", "The county medal was won by {n} in {v}, in a thin field.",
                       "In {v} the county medal went, to general surprise, to {n}, who won it by one vote.", "When {n} won the county medal in {v}, the band played."],
              ["In what year did {n} win the county medal?", "When was the county medal won by {n}?"]),
}

TOWN = {
    "river": (RIVERS, ["The river that runs through {n} is called the {v}.", "{n} stands on both banks of a slow river, the {v}.", "In spring the river at {n}, the {v}, rises to the steps of the school."],
              ["What is the name of the river at {n}?", "Which river runs through {n}?"]),
    "product": (PRODUCTS, ["{n} is known for its {v}, sold as far away as the coast.", "Half of the families in {n} once lived by making {v}, for which the town is known.",
                           "What {n} is known for, if it is known at all, is {v}."],
                ["What is {n} known for?", "For which goods is the town of {n} known?"]),
    "founded": ("year", ["{n} was founded in {v} by families who had lost their way.", "The charter by which {n} was founded bears the date {v}.", "A stone in the square says that {n} was founded in {v}."],
                ["In what year was {n} founded?", "When was the town of {n} founded?"]),
    "mayor": ("person", ["The mayor of {n} is {v}, elected for a third time.", "At present {v} is the mayor of {n} and also its only barber.", "The people of {n} chose {v} as mayor after a recount."],
              ["Who is the mayor of {n}?", "Which person is mayor of {n}?"]),
    "festival": (FESTIVALS, ["Every summer {n} holds a festival called {v}.", "The festival of {n} is {v}, and strangers are made to join in.", "The one day on which {n} is crowded is that of its festival, {v}."],
                 ["What is the festival of {n} called?", "Which festival is held at {n}?"]),
    "steps": ("number", ["The tower of {n} has {v} steps, and the last of them is loose.", "To reach the bells in the tower of {n} one climbs {v} steps.", "It is {v} steps from the street to the top of the tower at {n}."],
              ["How many steps has the tower of {n}?", "How many steps lead up the tower at {n}?"]),
}

WORK = {
    "author": ("person", ["The novel {n} was written by {v} in a rented room.", "{v} wrote the novel {n} in a single winter.", "The author of {n} was {v}, who at first denied having written it."],
               ["Who wrote the novel {n}?", "Who was the author of {n}?"]),
    "year": ("year", ["{n} was first published in {v} and sold eleven copies.", "The first edition of {n} was published in {v}.", "It took a lawsuit before {n} could be published, in {v}."],
             ["In what year was {n} published?", "When was the first edition of {n} published?"]),
    "printer": (HOUSES, ["{n} was printed by {v} on borrowed paper.", "The firm that printed {n} was {v}.", "No one would touch it until {v} agreed to print {n}, which they printed at a loss."],
                ["Which firm printed {n}?", "By whom was {n} printed?"]),
    "setting": ("town", ["The story of {n} is set in {v} in the year of a great frost.", "{n} is set in {v}, street by street.", "Although the author never went there, {n} is set in {v}."],
                ["In which town is {n} set?", "Where is the story of {n} set?"]),
    "hero": ("person", ["The hero of {n} is {v}, a liar with good intentions.", "In {n} the hero, {v}, does not speak until the third chapter.", "Readers of {n} named their children after its hero, {v}."],
             ["Who is the hero of {n}?", "What is the name of the hero of {n}?"]),
}

KINDS = {"person": PERSON, "town": TOWN, "work": WORK}

OPENINGS = {
    "person": ["Little in the early life of {n} suggested that anyone would one day write it down.", "Most of what we know about {n} comes from a box of letters found in a loft.",
               "{n} is remembered in three villages, for three different reasons.", "There are two portraits of {n}, and they do not look alike.",
               "The life of {n} was long, busy and badly documented.", "When {n} first came to notice, it was because of a lawsuit over a wall.",
               "Neighbours described {n} as cheerful before noon.", "A plaque to {n} was put up, stolen and put up again.", "Few people have been so often misquoted as {n}.",
               "{n} left school early and came back to it late, as a night porter.", "Nobody would have called {n} a patient person.", "The name of {n} appears in the parish accounts more often than the vicar's."],
    "town": ["{n} is a town of two hills and one good road.", "Travellers reach {n} by the coast road or not at all.", "On a clear day one can see {n} from the pass.", "The streets of {n} were laid out by a man who disliked corners.",
             "Old maps show {n} on the wrong side of the marsh.", "{n} has burned down twice and been sorry once.", "The railway missed {n} by a mile, and the town has never forgiven it.", "There is a saying that nobody passes through {n} by accident."],
    "work": ["{n} is a novel that more people own than have read.", "Schools in the north still set {n} for the summer examination.", "The manuscript of {n} survived a fire and two removals.", "Critics were unkind to {n} and are now ashamed of it.",
             "{n} is a short novel with a long shadow.", "There have been four attempts to put {n} on the stage.", "{n} begins with a funeral and ends with a breakfast.", "The title of {n} was a printer's mistake that the public liked."],
}

FILLERS = {
    "person": words("""
The winters were spent mending things for people who did not pay; A nephew sold the papers, and another nephew bought them back; There was some talk of a statue, but the money went on a bus shelter;
In later life there were long walks, always by the same gate; The newspapers printed the story with the wrong photograph; One cold spring the roof gave way, and nobody complained;
Letters from those years are short and ask mostly for string; The garden, with its one pear tree, became a place to be consulted; An offer to move to the capital was declined by return of post;
Friends learned not to call on Thursdays; A lecture on the subject of drains was attended by two hundred people; The estate, when it was counted, came to a boat and a debt;
It was a household in which doors were never shut; A cousin kept the accounts and possibly the money; The diary has a gap of six years that no one has explained; Every stray visitor was given soup and a broom;
There was a quarrel with the council about a lamp post, which lasted for a decade; The funeral was held up by geese; Some of the tools can be seen in the museum on request; An illness in middle age put an end to travelling;
The stories told in the inn have grown with each telling; It is said that no one ever heard a word of regret; A small scholarship, for left-handed pupils, carries on the name; The spectacles, mended with wire, lie in a glass case
"""),
    "town": words("""
The bridge is older than the houses at either end of it; The school has one bell and two opinions on when to ring it; Snow may lie in the upper streets until the middle of spring; The museum opens on request and smells of apples;
Its market square slopes so much that melons have been lost; A ferry used to cross below the weir, until the rope broke; The inn has eleven rooms and a ghost that is not spoken of; The last wolf in the region is said to have been seen by the church, waiting;
Trains do not stop there unless somebody waves; In the old quarter the walls are so close that cats cross overhead; The council meets above the fire station; There are more weathercocks than the wind requires
"""),
    "work": words("""
A second volume was promised and never came; The middle chapters are usually skipped by sensible readers; A page is missing from every known copy, though not the same page; The dedication was removed after a quarrel;
It was translated once, into verse, by a dentist; There are passages about soup that are admired by everyone; The famous storm takes up forty pages; The original cover showed a horse that is not in the book;
A film was begun and given up when the money ran out; Some think the last line the best, and others the only good one; The style has been compared to a well-kept shed; A reading society devoted to it meets every leap year
"""),
}


class World:
    """One context of passages: who has which facts, and the sentence that states each of them."""

    def __init__(self, key, n_people, n_towns, n_works):
        self.r = rng("documents", key)
        self.pools = {}
        names = people(self.r, n_people + 60)
        self.subjects, self.others = names[:n_people], names[n_people:]
        towns = list(TOWNS)
        self.r.shuffle(towns)
        self.towns, self.free_towns = towns[:n_towns], towns[n_towns:]
        titles = list(TITLES)
        self.r.shuffle(titles)
        self.works = titles[:n_works]
        years = list(range(1841, 1989))
        self.r.shuffle(years)
        self.pools["year"] = [str(y) for y in years]
        numbers = list(range(87, 340))
        self.r.shuffle(numbers)
        self.pools["number"] = [str(y) for y in numbers]
        self.pools["person"] = list(self.others)
        self.pools["town"] = list(self.free_towns)
        self.facts = {}  # (entity, attribute) -> value
        self.fixed = {}  # (entity, attribute) -> value wished by a chain of hops
        self.extra = {}  # entity -> sentences of its own, with a key
        self.sentence = {}  # (entity, attribute) -> sentence
        self.kind = {n: "person" for n in self.subjects}
        self.kind.update({n: "town" for n in self.towns})
        self.kind.update({n: "work" for n in self.works})
        self.turn = {}

    def draw(self, pool):
        key = pool if isinstance(pool, str) else id(pool)
        if key not in self.pools:
            values = list(pool)
            self.r.shuffle(values)
            self.pools[key] = values
        return self.pools[key].pop() if self.pools[key] else None

    def cycle(self, key, options):
        """The options in a shuffled order, each once before any comes again."""
        if not self.turn.get(key):
            order = list(options)
            self.r.shuffle(order)
            self.turn[key] = order
        return self.turn[key].pop()

    def short(self, name, attribute):
        """A shorter way to name the subject where nothing will be asked about this fact."""
        if self.kind[name] == "person" and (name, attribute) not in self.wanted and self.r.random() < 0.5:
            return name.split()[1]
        return name

    def build(self, order, wanted):
        """Writes all passages. `wanted` are the facts that questions ask for; they are stated with the full name."""
        self.wanted = set(wanted)
        docs = []
        for number, name in enumerate(order):
            kind = self.kind[name]
            table = KINDS[kind]
            attributes = [a for a in table if (name, a) in self.wanted or (name, a) in self.fixed]
            rest = [a for a in table if a not in attributes]
            self.r.shuffle(rest)
            target = {"person": 5, "town": 5, "work": 5}[kind]
            attributes += rest[: max(0, target - len(attributes))]
            sentences = []
            for attribute in attributes:
                pool, patterns, _ = table[attribute]
                value = self.fixed.get((name, attribute)) or self.draw(pool)
                if value is None:
                    assert (name, attribute) not in self.wanted, (name, attribute)
                    continue
                self.facts[name, attribute] = value
                text = self.cycle((kind, attribute), patterns).format(n=self.short(name, attribute), v=value, av=article(value))
                self.sentence[name, attribute] = text
                sentences.append(text)
            for key, text in self.extra.get(name, []):
                self.sentence[name, key] = text
                sentences.append(text)
            for _ in range(3 if kind == "person" else 2):
                sentences.append(self.cycle((kind, "filler"), FILLERS[kind]) + ".")
            self.r.shuffle(sentences)
            sentences.insert(0, self.cycle((kind, "opening"), OPENINGS[kind]).format(n=name))
            docs.append("Document %d:\n%s\n%s" % (number + 1, name, " ".join(sentences)))
        return "\n\n".join(docs)


def aliases(attribute, value):
    """Accepted forms of a short answer."""
    if attribute in ("born", "setting", "founded", "prize", "year", "street"):
        return [value, "in " + value]
    if attribute in ("trade", "pet"):
        return [value, article(value)]
    if attribute in ("instrument", "invention"):
        return [value, "the " + value]
    if attribute == "river":
        return [value, "the " + value, "River " + value]
    if attribute in ("author", "mayor", "hero", "teacher"):
        first, last = value.split()
        return [value, last + ", " + first]
    if attribute == "festival" or value.startswith("the "):
        return [re.sub("^the ", "", value), value]
    if attribute == "steps":
        return [value, value + " steps"]
    return [value]


ASK1 = [["collects", "river", "author", "trade", "prize", "festival", "printer", "pet"],
        ["mayor", "invention", "setting", "instrument", "product", "hero", "teacher", "street"],
        ["dish", "year", "steps", "born", "collects", "founded", "printer", "invention"]]


def kind_of(attribute):
    return next(kind for kind, table in KINDS.items() if attribute in table)


def spread(world, order, slots):
    """Puts the given subjects at evenly spread places among the passages."""
    rest = [n for n in order if n not in slots]
    world.r.shuffle(rest)
    total = len(order)
    out = list(rest)
    for j, name in enumerate(slots):
        out.insert(int((j + 0.5) * total / len(slots)), name)
    return out


def ruler_qa1(index):
    world = World("qa1-%d" % index, 24, 8, 8)
    by_kind = {"person": list(world.subjects), "town": list(world.towns), "work": list(world.works)}
    wanted, slots = [], []
    for attribute in ASK1[index]:
        name = by_kind[kind_of(attribute)].pop()
        wanted.append((name, attribute))
        slots.append(name)
    order = spread(world, world.subjects + world.towns + world.works, slots)
    context = world.build(order, wanted)
    flat = norm(context)
    questions, answers, evidence = [], [], []
    for j, (name, attribute) in enumerate(wanted):
        value = world.facts[name, attribute]
        asks = KINDS[kind_of(attribute)][attribute][2]
        questions.append(asks[(index + j) % len(asks)].format(n=name))
        answers.append(aliases(attribute, value))
        evidence.append([world.sentence[name, attribute]])
        assert once(value, flat) == 1, (name, attribute, value)
        assert name in world.sentence[name, attribute]
        assert not once(value, norm(questions[-1]))
        # The asked facts lie one in each eighth of the context.
        part = context.index(evidence[-1][0]) * 8 // len(context)
        assert abs(part - j) <= 1, (part, j)
    return row("ruler_qa1_builtin", context, questions, answers, {"evidence": evidence})


ROLES = ["ferry owner", "schoolmaster", "toll keeper", "bell ringer", "harbour pilot", "postmaster", "lock keeper", "innkeeper", "organist", "coroner", "gamekeeper", "librarian"]
KIN = ["cousin", "twin", "godchild", "ward", "business partner", "next-door neighbour"]
KIN_PATTERNS = ["{n}, the {role} of {town}, had only one {kin}, {m}.", "As {role} of {town}, {n} was often mistaken for {m}, a {kin}.",
                "The post of {role} of {town} was held by {n}, the {kin2} being {m}, who wanted it too.", "{m}, the {kin} of {n}, thought it beneath any sensible person to be {role} of {town}, which is what {n} was."]

HOPS = {
    "collects": "What did {who} collect?", "instrument": "Which instrument did {who} play?", "pet": "What kind of animal did {who} keep as a pet?",
    "invention": "What did {who} invent?", "dish": "What was the favourite dish of {who}?", "street": "In which street did {who} live?",
    "born": "In which town was {who} born?", "trade": "What trade did {who} follow?", "prize": "In what year did {who} win the county medal?",
    "river": "What is the river at {who} called?", "festival": "What is the festival of {who} called?", "product": "What is {who} known for?",
}

PLAN2 = [[("kin", "collects"), ("author", "born"), ("setting", "river"), ("same", "yes"), ("mayor", "instrument"), ("teacher", "dish")],
         [("author", "trade"), ("kin", "invention"), ("birth", "festival"), ("teacher", "pet"), ("older", "no"), ("kin", "street")],
         [("mayor", "prize"), ("same", "yes"), ("kin", "dish"), ("setting", "product"), ("author", "collects"), ("birth", "river")]]


def ruler_qa2(index):
    world = World("qa2-%d" % index, 26, 8, 7)
    persons, towns, works = list(world.subjects), list(world.towns), list(world.works)
    wanted, chains, slots = [], [], []
    kin_towns = list(world.free_towns)
    for n_chain, (how, what) in enumerate(PLAN2[index]):
        if how == "kin":
            a, b = persons.pop(), persons.pop()
            town = kin_towns[n_chain]
            world.pools["town"].remove(town)
            role, kin = ROLES[(index * 4 + n_chain) % len(ROLES)], KIN[(index * 2 + n_chain) % len(KIN)]
            text = KIN_PATTERNS[(index + n_chain) % 4].format(n=a, m=b, role=role, town=town, kin=kin, kin2=kin)
            world.extra[a] = [("kin", text)]
            wanted += [(a, "kin"), (b, what)]
            chains.append((HOPS[what].format(who="the %s of the %s of %s" % (kin, role, town)), (b, what), [(a, "kin"), (b, what)]))
            slots += [a, b]
        elif how in ("author", "mayor", "teacher"):
            source = {"author": works, "mayor": towns, "teacher": persons}[how].pop()
            b = persons.pop()
            world.fixed[source, how] = b
            wanted += [(source, how), (b, what)]
            who = {"author": "the author of the novel %s", "mayor": "the mayor of %s", "teacher": "the teacher of %s"}[how] % source
            chains.append((HOPS[what].format(who=who), (b, what), [(source, how), (b, what)]))
            slots += [source, b]
        elif how in ("setting", "birth"):
            source = works.pop() if how == "setting" else persons.pop()
            attribute = "setting" if how == "setting" else "born"
            b = towns.pop()
            world.fixed[source, attribute] = b
            wanted += [(source, attribute), (b, what)]
            who = ("the town in which the novel %s is set" if how == "setting" else "the town in which %s was born") % source
            chains.append((HOPS[what].format(who=who), (b, what), [(source, attribute), (b, what)]))
            slots += [source, b]
        elif how == "same":
            a, b = persons.pop(), persons.pop()
            town = world.draw("town")
            world.fixed[a, "born"] = world.fixed[b, "born"] = town
            wanted += [(a, "born"), (b, "born")]
            chains.append(("Were %s and %s born in the same town? Answer yes or no." % (a, b), what, [(a, "born"), (b, "born")]))
            slots += [a, b]
        else:
            a, b = works.pop(), works.pop()
            years = sorted([world.draw("year"), world.draw("year")])
            world.fixed[a, "year"], world.fixed[b, "year"] = years[1], years[0]
            wanted += [(a, "year"), (b, "year")]
            chains.append(("Was the novel %s published before the novel %s? Answer yes or no." % (a, b), what, [(a, "year"), (b, "year")]))
            slots += [a, b]
    # The two passages of one chain stand far apart: first all the first hops, then all the second ones.
    slots = slots[0::2] + slots[1::2]
    order = spread(world, world.subjects + world.towns + world.works, slots)
    context = world.build(order, wanted)
    flat = norm(context)
    questions, answers, evidence = [], [], []
    for question, target, hops in chains:
        questions.append(question)
        evidence.append([world.sentence[h] for h in hops])
        if isinstance(target, str):
            answers.append([target])
            first, second = (world.facts[h] for h in hops)
            assert (target == "yes") == ((first == second) if "born" in question else first < second)
        else:
            value = world.facts[target]
            answers.append([re.sub("^the ", "", value)])
            assert once(value, flat) == 1 and not once(value, norm(question)), (target, value)
            # The name that the second hop needs is not in the question.
            assert not once(target[0], norm(question))
    return row("ruler_qa2_builtin", context, questions, answers, {"evidence": evidence})


# ---------------------------------------------------------------------------------------------------------------------------------------
# Chats of one user with an assistant. The sessions below hold the answers; each one is (month, day, hour, minute, turns), where a turn that
# begins with `*` holds an answer. User and assistant speak in turn.

CHATS = [
    # The first user: Marrick, restores a canal boat.
    {
        "sessions": {
            "boat": (1, 6, 9, 10, [
                "I have just taken over an old canal boat and I would like some advice on where to begin with the hull.",
                "Begin with what keeps the water out. Tap along the plates with a light hammer and mark every dull sound with chalk, and have the survey done before you buy any paint.",
                "*Good. The boat is called Persimmon, by the way, and she is fifty-two feet long, so there is a lot to tap.",
                "A fifty-two foot hull is a weekend of tapping. Work in pairs of plates and write the readings on a plan."]),
            "stove": (1, 14, 18, 30, [
                "Can you suggest three good kinds of wood for a small stove on a boat?",
                "*Ash, hawthorn and old apple are my three suggestions. Ash burns even when green, hawthorn gives the most heat for its size, and apple smells best in a closed cabin.",
                "Nice. And how long should I dry it?",
                "Two summers under a roof with the ends open to the wind. Split it before you stack it."]),
            "class1": (1, 20, 20, 5, [
                "I signed up for an evening course in welding at the harbour school.",
                "Well done. Wear cotton and leather only, and ask for a mask that fits over your glasses.",
                "*The welding course costs me 140 crowns for the whole term, so I had better learn something.",
                "For that money, ask the teacher to watch at least one of your seams every week."]),
            "class2": (2, 11, 20, 15, [
                "I liked the welding so much that I have taken on a second course on the same evening in another building.",
                "Two courses on one evening is a lot. Eat something in between.",
                "*The second one is upholstery, for the bunks, and the upholstery course was 85 crowns with the needles included.",
                "Upholstery suits boats. Choose a wool cloth that dries quickly."]),
            "mooring1": (1, 28, 11, 40, [
                "My mooring is noisy and I am thinking of moving the boat. What should I look for?",
                "Depth at low water, a bank that does not crumble, and a water point close by. Visit at night before you sign anything.",
                "*At the moment I am moored at Pellwick Basin, right under the railway.",
                "Under a railway the noise is worst in frost. Rubber fenders help a little with the shaking."]),
            "mooring2": (3, 9, 8, 25, [
                "I did it. I moved the boat on Thursday.",
                "Congratulations. Was it a long trip?",
                "*Four locks. My mooring is at Sallowby Wharf now and I can hear owls instead of trains.",
                "Owls are a fair exchange. Remember to tell the insurer about the new berth."]),
            "paint": (2, 3, 15, 0, [
                "*Today I painted the roof of the boat at last, two coats of grey.",
                "Grey is sensible. It shows the rust early. Leave it alone for a day and a night.",
                "I will. I am too tired to touch it anyway.",
                "Rest is the cheapest part of the work."]),
            "engine": (2, 24, 16, 45, [
                "*The engine ran today for the first time since I bought her. Black smoke, and then a lovely thud.",
                "Black smoke at first is normal after a long sleep. If it stays, look at the air filter.",
                "It cleared after ten minutes. I made tea to celebrate.",
                "A good engine and a pot of tea. Write the date into the log."]),
            "dog": (3, 2, 10, 10, [
                "My neighbour on the next boat has a spaniel called Biscuit that steals my sandwiches.",
                "Keep your lunch above the height of a spaniel, which is higher than one thinks.",
                "I know. I am quite fond of him, but I keep no animals myself.",
                "Then a tin with a tight lid is all the defence you need."]),
        },
        "questions": [
            ("single-session-user", "What is the name of my canal boat?", "Persimmon", ["boat"], ["persimmon"], []),
            ("single-session-assistant", "Which three kinds of wood did you suggest for the small stove on my boat?", "Ash, hawthorn and apple", ["stove"], ["ash, hawthorn and apple", "ash, hawthorn and old apple", "ash, hawthorn, apple", "ash, hawthorn, and apple"], []),
            ("multi-session", "How many crowns do the two evening courses cost me together?", "225 crowns", ["class1", "class2"], ["225"], []),
            ("temporal-reasoning", "How many weeks passed between the day I painted the roof of the boat and the day the engine ran for the first time?", "3 weeks", ["paint", "engine"], ["3 weeks", "three weeks", "three", "21 days", "2 weeks", "two weeks", "4 weeks", "four weeks"], []),
            ("knowledge-update", "Where is my boat moored now?", "Sallowby Wharf", ["mooring1", "mooring2"], ["sallowby wharf", "sallowby"], []),
            ("single-session-user_abs", "What is the name of my dog?", "You never mentioned having a dog; the spaniel Biscuit belongs to your neighbour.", ["dog"], ["never mentioned", "not mention", "do not know", "don't know", "cannot", "no information", "not have a dog", "no dog"], []),
        ],
    },
    # The second user: Oriane, teaches geography and walks a great deal.
    {
        "sessions": {
            "soup": (1, 9, 19, 20, [
                "I would like to cook more in the evenings. What do you need to know about me?",
                "What you like, what you avoid, and how much time you have on a school night.",
                "*I never eat mushrooms, I love anything with lentils, and I have only half an hour on school nights.",
                "Lentils in half an hour are easy with the red kind. I will leave the mushrooms out."]),
            "walk1": (1, 13, 17, 0, [
                "I went for a long walk along the cliffs today and my feet are sore.",
                "Warm water, dry socks, and a rest tomorrow. How far did you go?",
                "*The cliff walk was 18 kilometres, from Eldermouth to the lighthouse and back.",
                "Eighteen kilometres on cliffs counts for more than on a road."]),
            "walk2": (2, 17, 18, 10, [
                "I walked again today, through the beech forest this time.",
                "Forest paths are kinder to the feet. Was it muddy?",
                "*Very. The forest walk was 11 kilometres and half of it was puddle.",
                "Grease your boots tonight while they are still warm."]),
            "walk3": (3, 16, 18, 30, [
                "My third walk of the year, up to the reservoir.",
                "Three walks in three months is a good rhythm.",
                "*The reservoir walk was 9 kilometres but it was uphill all the way there.",
                "Uphill first is the right order. You come home on the easy half."]),
            "poem": (1, 23, 21, 0, [
                "Please invent a name for the school's new weather station and tell me why.",
                "*I would call it Cassowell, because it sounds like a place that warns people and means well.",
                "I like it. The children will shorten it to Cass.",
                "Let them. A name that is shortened is a name that is used."]),
            "bus1": (1, 30, 7, 15, [
                "My bus in the morning has been so late that I need a new plan.",
                "Look for the line before the one you take and see how often both of them run.",
                "*I take bus number 14 to school at the moment, and it stops at every gate.",
                "A line that stops at every gate will never be on time."]),
            "bus2": (3, 5, 7, 20, [
                "You were right about the gates.",
                "I am glad, although I wish I had been wrong.",
                "*Since Monday I go to school on bus number 31 instead, and I get there with time for coffee.",
                "Then the change pays for itself every morning."]),
            "aunt": (2, 6, 20, 40, [
                "*My aunt Philippa came to stay with me today and brought four suitcases.",
                "Four suitcases is a statement. Make some space in the hall.",
                "She says that it is only for a while.",
                "Agree on a date, kindly, in the first week."]),
            "aunt2": (2, 20, 20, 30, [
                "*My aunt Philippa left this morning with all of her suitcases and one of my lamps.",
                "That is a modest price. How is the silence?",
                "Large. I keep making two cups of tea.",
                "Give it a week and drink them both."]),
            "brother": (2, 27, 19, 45, [
                "My colleague Dorian has a brother who builds violins in Kestry.",
                "A useful colleague to have, if you play.",
                "I do not play anything. But I liked the workshop very much.",
                "Workshops are often better than the thing they make."]),
        },
        "questions": [
            ("single-session-preference", "Can you suggest a dinner for me for tonight, a school night?", "A lentil dish that is ready in half an hour and has no mushrooms in it.", ["soup"], ["lentil"], ["with mushrooms", "mushroom soup", "mushroom risotto", "add mushrooms"]),
            ("multi-session", "How many kilometres did I walk on my three walks this year altogether?", "38 kilometres", ["walk1", "walk2", "walk3"], ["38"], []),
            ("single-session-assistant", "Which name did you invent for the school's new weather station?", "Cassowell", ["poem"], ["cassowell"], []),
            ("knowledge-update", "Which bus number do I take to school now?", "31", ["bus1", "bus2"], ["31"], []),
            ("temporal-reasoning", "How many days did my aunt Philippa stay with me?", "14 days", ["aunt", "aunt2"], ["14", "two weeks", "2 weeks", "fourteen", "13 days", "15 days"], []),
            ("multi-session_abs", "What does my own brother build?", "You never mentioned a brother of your own; it is the brother of Dorian who builds violins.", ["brother"], ["never mentioned", "not mention", "do not know", "don't know", "cannot", "no information", "no brother"], []),
        ],
    },
    # The third user: Jocasta, runs a small bakery with her sister.
    {
        "sessions": {
            "oven": (1, 8, 5, 30, [
                "We open the bakery in an hour and the oven is slow again. What can I check quickly?",
                "The door seal first, then the fan. A slip of paper shut in the door should not pull out.",
                "*The paper pulls out. The oven is a second-hand Brunnolf, and my sister swore that it was as good as new.",
                "A new seal for a Brunnolf is a strip of woven cord. You can fit it cold in an hour."]),
            "holiday": (1, 17, 20, 10, [
                "One day I would like to take a real holiday. Where do I start?",
                "With what a good day looks like. Tell me that, and the place will follow.",
                "*I want quiet, cold lakes to swim in, and no crowds, and I refuse to fly anywhere.",
                "Then a lake that can be reached by train is the shape of your holiday."]),
            "staff1": (1, 25, 19, 0, [
                "The bakery is growing. How do I know when to hire?",
                "When you have turned down the same order three times.",
                "*We have four people on the staff at the moment, counting my sister and me.",
                "Four is a size at which one illness stops the shop. Think about a fifth."]),
            "staff2": (3, 12, 19, 30, [
                "We hired again. I listened to you, only a little late.",
                "Late is fine. Who is it?",
                "*Two bakers from the evening school. There are now six people on the staff, and a waiting list for the apron hooks.",
                "Put up more hooks before you hire the seventh."]),
            "flour1": (2, 1, 6, 0, [
                "Our flour came today from the mill at Drumlay and it is very good.",
                "Keep a sample of every sack in a labelled jar, so that you can complain with evidence.",
                "*I ordered 12 sacks of flour in this delivery.",
                "Twelve sacks want a dry floor and a cat."]),
            "flour2": (2, 22, 6, 15, [
                "The second delivery of flour has come in, and it is a bigger one.",
                "Is the quality the same as in the first?",
                "*Just as good. I ordered 17 sacks this time, since the spring orders are starting.",
                "Then check the jars against each other, and enjoy it."]),
            "knot": (2, 8, 21, 15, [
                "Give me an idea for a bread that no one else in town sells.",
                "*Make a rye plait with caraway and pear, brushed with cold tea. I would call it the Bargeman's Plait.",
                "Cold tea? I have never tried that on a crust.",
                "It gives a dark shine without sugar. Brush it twice."]),
            "market1": (2, 14, 18, 0, [
                "*Today we had our first stall at the Harrowick market and sold everything by ten.",
                "Sold out by ten means that you took too little, or priced too low.",
                "Both, says my sister.",
                "Raise one of the two next time and see which of them she meant."]),
            "prize": (3, 15, 17, 30, [
                "*Today the Bargeman's Plait won the ribbon of the county fair!",
                "Wonderful. Hang the ribbon where the queue can see it.",
                "It hangs above the till already.",
                "Then the ribbon has begun to work."]),
            "friend": (3, 19, 20, 0, [
                "My friend Ilse is moving to Inchmoor in May to open a flower shop.",
                "A flower shop next to a bakery would be ideal. It is a pity about the distance.",
                "She has asked me to visit, and I said maybe.",
                "Maybe is a good word to keep in the drawer until May."]),
        },
        "questions": [
            ("single-session-user", "Which make is the second-hand oven in my bakery?", "Brunnolf", ["oven"], ["brunnolf"], []),
            ("single-session-preference", "Where should I go for a holiday this summer?", "A quiet place with cold lakes for swimming and without crowds, reached without flying, for example by train.", ["holiday"], ["lake"], ["flight to", "fly to", "by plane", "city break"]),
            ("multi-session", "How many sacks of flour did I order in the two deliveries together?", "29 sacks", ["flour1", "flour2"], ["29"], []),
            ("temporal-reasoning", "How many days after our first stall at the Harrowick market did the Bargeman's Plait win the ribbon?", "30 days", ["market1", "prize"], ["30", "thirty", "29 days", "31 days"], []),
            ("knowledge-update", "How many people are on the staff of my bakery now?", "six", ["staff1", "staff2"], ["six", "6"], []),
            ("knowledge-update_abs", "In which month am I moving to Inchmoor?", "You never mentioned moving to Inchmoor yourself; it is your friend Ilse who moves there.", ["friend"], ["never mentioned", "not mention", "do not know", "don't know", "cannot", "no information", "not moving"], []),
        ],
    },
]

# Subjects of the other sessions: a first question, three later ones, and eight sentences of advice.
TOPICS = [
    ("How do I keep tomato plants alive on a windy balcony?", ["Should I water them in the morning or at night?", "The lower leaves are going yellow, is that bad?", "How many fruits should I leave on each stem?"],
     ["Tie each stem loosely to a cane and push the cane right down to the bottom of the pot.", "Put the heavy pots on the windward side so that the light ones stand in their shelter.", "Water early in the day, at the root and never on the leaf.",
      "A yellow lower leaf is usually only old, and you may pinch it off.", "Feed them once a week from the moment the first fruits are the size of a pea.", "Leave four trusses on a stem and take out the tip above them.", "Turn the pots a quarter every few days so that they do not lean.", "If the wind dries the soil by noon, lay straw on top of it."]),
    ("I want to learn to draw faces. What is a good first exercise?", ["My noses always look like wedges. Why is that?", "Is it cheating to use a mirror?", "How long should one drawing take?"],
     ["Draw the shadow of the face and leave the lines for later.", "Measure the distance between the eyes with your pencil before you trust your memory.", "A nose is a plane that turns toward the light, so shade only the side that turns away.", "A mirror is the cheapest model there is and never gets tired.",
      "Set a clock to ten minutes and stop when it rings, even in the middle of an ear.", "Do twenty bad ones on cheap paper rather than one good one on dear paper.", "Turn the sheet upside down to see what you have really drawn.", "Date each sheet, because progress is invisible from one day to the next."]),
    ("Our kitchen door squeaks and sticks. What can I do before I call anyone?", ["It only sticks when it rains, does that matter?", "Which tool should I buy first?", "Do I have to take the door off?"],
     ["Rub a soft pencil along the edge of the hinge and work the door to and fro.", "Close the door on a sheet of paper to find the spot where it binds.", "Wood swells in wet weather, so plane it in a dry week and only a little.", "Lift out one hinge pin at a time and wipe it with a trace of oil.",
      "A loose top hinge makes a door drop, and a longer screw often cures it.", "Buy a good screwdriver that fits the slot before you buy anything else.", "You can plane the upper edge without taking the door down.", "Seal the bare edge afterwards or it will swell again next autumn."]),
    ("How does one choose a telescope for a beginner?", ["Is a bigger mirror always better?", "Can I use it from a city street?", "What should I look at on the first night?"],
     ["Choose the one that you can carry downstairs in one hand, for you will use it more often.", "A steady stand matters more than strong magnification.", "Begin with the moon at half phase, when the shadows along the edge are long.", "A bigger mirror gathers more light but takes longer to cool.",
      "In a city look at the moon, the planets and double stars, and leave the nebulae for the country.", "Learn to find things with plain binoculars first.", "Let your eyes rest in the dark for twenty minutes.", "Keep a small notebook and a red lamp in the same pocket."]),
    ("I am afraid of speaking in front of people. How can I practise?", ["What do I do with my hands?", "What if I forget what comes next?", "Should I write everything down?"],
     ["Read aloud to an empty room for a week and then to one patient friend.", "Hold a card in one hand, and the other will look after itself.", "Learn the first and the last sentence by heart and let the middle be free.", "A pause feels like a minute to the speaker and like a breath to the room.",
      "Write down only the turning points, in large letters.", "Arrive early and stand where you will stand.", "Look at one face for a whole sentence and then at another.", "If you lose the thread, repeat the last thing you said more slowly."]),
    ("What should I think about before I buy a second-hand bicycle?", ["How can I tell if the frame is bent?", "Are rusty chains a reason to say no?", "What would be a fair price?"],
     ["Ride it without hands on the saddle for a moment, and see whether it pulls to one side.", "Look along the two wheels from behind, for they should hide each other.", "A rusty chain costs little to replace, but it tells you how the rest was treated.", "Ask for the receipt and for the number on the frame.",
      "Squeeze both of the brakes and push, and the wheels should not slip.", "Turn the pedals backwards and listen for grinding.", "A fair price is what you would pay again after the first repair.", "Take somebody taller along if the seller is in a hurry."]),
    ("Could you help me to plan a birthday party for a seven-year-old?", ["What games need no equipment?", "It might rain, what then?", "How long should it last?"],
     ["Invite as many children as the child has years, and one more.", "Two hours are plenty, with the cake in the second half.", "A treasure hunt works indoors too if each clue is under something dull.", "Musical statues needs only a voice and someone who can stop singing.",
      "Have one quiet corner with crayons for whoever has had enough.", "Write the end of the party on the invitation in large figures.", "Give each guest a job, and the mischief will go down by half.", "Serve the cake in the kitchen, where the floor can be wiped."]),
    ("My sourdough comes out flat. What am I doing wrong?", ["How do I know that the starter is ready?", "Does the water matter?", "Should I bake it in a pot?"],
     ["Drop a spoonful of starter into water, and if it floats then it is ready.", "A flat loaf has usually proved for too long rather than too short.", "Use water that is as warm as your hand and has stood for an hour.", "Fold the dough four times in the first two hours instead of kneading it.",
      "Bake it in a closed iron pot for the first half of the time.", "Let the loaf cool fully, or the crumb will be sticky.", "Keep a note of the temperature of the room, for it changes everything.", "Cut the top deeply and at a slant, so that it can open."]),
    ("I would like to start keeping a diary. Any advice?", ["What if nothing happens?", "Morning or evening?", "Paper or a screen?"],
     ["Write three lines and stop, so that you look forward to the next time.", "On a day without news describe the light in one room.", "Evening is for remembering and morning for deciding, so choose what you need.", "Paper is slower, and that is its merit.",
      "Put down what people said rather than what you felt about it.", "Never read it over in the first year.", "Miss a day without apology.", "Keep the pen inside the book."]),
    ("How can I get better at chess without spending hours on it?", ["Should I learn openings by heart?", "Why do I lose won games?", "Is it worth playing fast games?"],
     ["Solve three small puzzles a day before you play anything.", "Look for checks and captures first, yours and theirs.", "Learn the ideas of one opening for each colour and forget the rest.", "Won games are lost in the minute after one has relaxed.",
      "Go over every game that you lose with a pencil.", "Endings with a few pieces teach more than openings with many.", "Fast games train the hand and slow ones train the head.", "Play someone who is a little stronger than you, and thank them."]),
    ("We want to put up a nesting box. Where should it go?", ["Which way should the hole face?", "When do we clean it?", "What if the wrong birds come?"],
     ["Hang it higher than you can reach and out of the noon sun.", "Let the hole face away from the wettest wind.", "A slight tilt forward keeps the rain out.", "Clean it in late autumn with hot water and nothing else.",
      "The size of the hole decides who moves in.", "Do not put a perch on it, for that only helps thieves.", "If a different bird comes, then that is the bird that needed it.", "Leave it alone from the first straw to the last chick."]),
    ("I need to write a letter of complaint to a furniture shop.", ["How angry may I sound?", "Should I send photographs?", "What if they do not answer?"],
     ["Say in the first sentence what you bought, when, and what you want.", "Be as polite as a person who will win.", "Put in one photograph of the fault and one of the label.", "Name a date by which you expect their answer.",
      "Keep a copy and the receipt in one envelope.", "Leave out how you felt and put in how many hours you waited.", "If there is no reply, send the same letter again with a line on top.", "Thank them in advance, for it costs nothing."]),
    ("What is a sensible way to learn the names of trees?", ["How can I tell them apart in winter?", "Are the leaves enough?", "Is there a good order to learn them in?"],
     ["Learn the ten that grow on your way to work, and stop there for a month.", "In winter look at the buds, whether they stand in pairs or alone.", "Bark is a better guide than the leaf once you are used to it.", "Press one leaf of each in an old telephone book.",
      "Say the name aloud each time that you pass.", "Begin with those that cannot be confused with anything.", "Touch the bark with closed eyes, because hands remember.", "Draw the outline against the sky on a grey day."]),
    ("My radio crackles whenever the fridge starts. Can that be fixed?", ["Is it dangerous?", "Would a longer aerial help?", "Should I replace the plug?"],
     ["Plug the two of them into sockets on different walls and listen again.", "A crackle is a nuisance and not a danger, unless something smells hot.", "Move the aerial away from the wall where the cable runs.", "A small filter between plug and socket often cures it.",
      "The start of the motor sends a spike through the line for a moment.", "A longer aerial catches more of the station and more of the noise.", "Check that the plug of the fridge sits firmly.", "Try the radio on batteries to see where the noise comes from."]),
]

OPENERS = ["Happy to help.", "Good question.", "Let us take it step by step.", "Here is what I would do.", "That is a common worry.", "Here are two thoughts.", "It depends a little, but in general this holds.", "I would start simply."]
CLOSERS = ["Thanks, I will try that and report back.", "That is clear, thank you.", "Good, that is enough for today.", "I had not thought of it like that.", "Right, I will write that down."]


def stamp(day, hour, minute):
    when = datetime.datetime(2024, day[0], day[1], hour, minute)
    return when, "%s (%s) %s" % (when.strftime("%Y/%m/%d"), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][when.weekday()], when.strftime("%H:%M"))


def longmemeval(index):
    chat = CHATS[index]
    r = rng("chat", index)
    topics = list(TOPICS)
    r.shuffle(topics)
    sessions = []
    for key, (month, day, hour, minute, lines) in chat["sessions"].items():
        when, text = stamp((month, day), hour, minute)
        turns = [{"role": ("user", "assistant")[i % 2], "content": t.lstrip("*")} for i, t in enumerate(lines)]
        flags = [t.startswith("*") for t in lines]
        sessions.append((when, text, key, turns, flags))
    taken = {s[0].date() for s in sessions}
    days = [d for d in (datetime.date(2024, 1, 3) + datetime.timedelta(days=k) for k in range(80)) if d not in taken]
    for number, (first, later, tips) in enumerate(topics[: 13 - index % 2]):
        day = days[(number * 6 + index) % len(days)]
        when, text = stamp((day.month, day.day), r.randrange(8, 22), r.randrange(60))
        tips, later = list(tips), list(later)
        r.shuffle(tips)
        r.shuffle(later)
        turns = []
        for question in [first] + later:
            turns.append({"role": "user", "content": question})
            turns.append({"role": "assistant", "content": "%s %s %s" % (r.choice(OPENERS), tips.pop(), tips.pop())})
        turns.append({"role": "user", "content": r.choice(CLOSERS)})
        turns.append({"role": "assistant", "content": "You are welcome. Tell me how it went."})
        sessions.append((when, text, None, turns, [False] * len(turns)))
    sessions.sort(key=lambda s: s[0])
    assert len({s[0] for s in sessions}) == len(sessions)
    flat = []
    for _, text, _, turns, _ in sessions:
        flat += ["Chat Time: " + text, turns]
    context = repr(flat)
    assert "\\" not in context
    by_key = {s[2]: s for s in sessions if s[2]}
    source = "longmemeval_s_builtin"
    questions, answers, evidence, accepted, rejected, haystack, types, ids, dates = [], [], [], [], [], [], [], [], []
    for number, (kind, question, answer, keys, yes, no) in enumerate(chat["questions"]):
        absent = kind.endswith("_abs")
        questions.append("Current Date: 2024/04/01 (Mon) 08:00, Question: " + question)
        answers.append([answer])
        types.append(kind.replace("_abs", ""))
        ids.append("builtin_%d_%d%s" % (index, number, "_abs" if absent else ""))
        dates.append("2024/04/01 (Mon) 08:00")
        accepted.append(yes)
        rejected.append(no)
        found = [t["content"] for k in keys for t, f in zip(by_key[k][3], by_key[k][4]) if f]
        if types[-1] == "knowledge-update" and not absent:
            found = found[-1:]  # the newest value is the one that answers
        assert bool(found) != absent, question
        evidence.append(found)
        order = sorted(keys, key=lambda k: by_key[k][0])
        haystack.append([[{"content": t["content"], "has_answer": f, "role": t["role"]} for t, f in zip(by_key[k][3], by_key[k][4])] for k in order])
        if types[-1] in ("multi-session", "temporal-reasoning") and not absent:
            assert len(found) >= 2
        if types[-1] == "temporal-reasoning":
            gap = (by_key[keys[1]][0].date() - by_key[keys[0]][0].date()).days
            number_said = int(answer.split()[0])
            assert gap == number_said * (7 if "week" in answer else 1), (question, gap)
        if types[-1] == "multi-session" and not absent:
            sums = [int(re.search(r"\b(\d+) (?:crowns|kilometres|sacks)", f).group(1)) for f in found]
            assert sum(sums) == int(answer.split()[0]), (question, sums)
        if not absent:
            assert any(a in answer.lower() for a in yes) and not any(a in answer.lower() for a in no) or types[-1] == "single-session-preference", (question, yes)
    return row(source, context, questions, answers, {"evidence": evidence, "accepted": accepted, "rejected": rejected},
               haystack_sessions=haystack, question_dates=dates, question_ids=ids, question_types=types)


# ---------------------------------------------------------------------------------------------------------------------------------------
# The texts of the stories

NOVEL_LAMP = """
The lamp at Westerhythe Point had been lit every evening for a hundred and six years, and for the last nineteen of them it had been lit by Jory Tallowby, who had a bad knee and a good memory. He lived in the round house under the tower with his daughter Nerys, a goat called Bishop, and a shelf of almanacs in which every wreck since the founding was entered in ink. The sea took the path to the village twice a day. Between the tides the three of them were an island, and they had learned to like it.

Nerys was seventeen that autumn. She could splice a rope, trim a wick and row against the ebb, and she had never been farther inland than the market at Cawdry. Her mother had gone inland when Nerys was four, with a trunk and a promise, and the promise had not come back. Of the trunk nothing was ever said.

<<On the first night of the equinox storms, Jory Tallowby fell from the gallery stair and broke his leg.>> He lay at the bottom and called up that the wick was not to be left, not for him, not for anything, and so it was an hour before Nerys came down. She set the leg between two oars as the almanac advised. He bit through a leather strap and then, pale as tallow, began to give orders.

<<Nerys kept the lamp burning alone for three nights, sleeping on the oil casks between the turns.>> She learned how long a night is when it is divided by a clockwork weight that must be wound every forty minutes. On the second night a shutter tore loose and she nailed it back with the wind pulling at her skirt like a dog. On the third night she saw the boat.

It was a small black cutter with no lights, lying much too close to the Teeth. It did not signal and it did not drift. Somebody was holding it there with great skill, and the skill was what frightened her. Her father, told of it, said nothing for a while, and then said that she was to bring him the tin box from under the flour.

<<Jory opened the tin box and showed Nerys a brass key that had been her mother's.>> It was as long as her hand, and its bow was worked into the shape of a heron. He had been asked to keep it from a man with a scarred lip. He did not know what it opened. He had hoped, he said, to be too old to be asked for it.

In the morning the wind had dropped and the water was the colour of slate. The cutter had gone. But on the shingle, above the tide line, there were bootprints leading to the door of the round house and away again, and the goat would not leave its shed.

<<Nerys rowed across to the village and begged Doctor Pell Ambersley to come to the Point.>> The doctor was a stout, unhurried woman who kept bees and disliked boats. She came all the same, sitting bolt upright in the stern with her bag on her knees. She looked at the oars bound to the leg, said that she had seen worse from men with diplomas, and plastered it properly. Then she asked Jory, in a low voice, whether the cutter had come back. It was clear to Nerys that everyone had known of it except herself.

<<Doctor Ambersley told Nerys that her mother Idony had once worked as a locksmith for the Wardens of Lissen.>> The Wardens kept the deeds and debts of the whole coast in a vault under the old salt office. Eighteen years ago somebody had altered those deeds, and half the farms between Cawdry and the river had passed in a season to a single family. Idony had made the lock on the vault. She was the one person who could have said that it had been opened by night.

"And did she say it?" asked Nerys.

"She went to say it," said the doctor. "That is where the trunk was going."

That evening the harbour office sent a young man to take over the light. His name was Corin Haddowby; he had ink on his cuffs, soft hands and a letter of appointment, and he was sick over the gunwale the whole way across. Jory looked at him as one looks at a wet match. <<Corin Haddowby broke the lamp glass on his first evening by cooling it with sea water.>> He wept, which surprised them all, and then he sat down without being told and ground a new pane out of the spare until his fingers bled. After that Jory called him by his first name.

With the light in hands that were at least willing, Nerys made up her mind. She did not ask permission, because she could see that her father had already decided to be asleep. <<Nerys left the Point before dawn with the heron key sewn into the hem of her coat.>> She took a loaf, a knife, the smallest almanac and eleven shillings. Bishop the goat followed her along the causeway until the water reached its knees, and stood there complaining until she was out of sight.

The road to Lissen runs for two days along the top of the sea wall, with marsh on one hand and mud on the other. There is one inn on it, and it has no name because it has no rival. <<At the nameless inn on the sea wall, Nerys shared a table with a pedlar of spectacles called Osk Brindlewick.>> He was as thin as a rake and talked as if somebody were paying him by the word. He had a case of four hundred lenses and could tell by looking at you which one you needed. He told her that she saw well enough at a distance and not at all close by, and laughed until he coughed.

In the night she woke to find a hand moving along the hem of her coat. She caught the wrist and held on, and there was a struggle in the dark, and a candle was overturned. <<Nerys fought off a thief at the inn and saw by the burning straw that he had a scarred lip.>> He went out of the window with the coat in his hand. The landlord beat out the flames with a bolster and charged her for it.

She sat down on the floor among the feathers. She had lost the key, the almanac and nine of her eleven shillings. Then Osk Brindlewick coughed in the doorway and held out his palm. <<Osk Brindlewick revealed that he had taken the key from her hem at supper and left a spoon in its place.>> He was a thief himself, he explained, in a small way, and one recognises one's betters coming up the stairs. He had meant to sell the thing in Cawdry. But he had also known a woman once who wore that heron on a ribbon, and she had paid a debt of his when nobody else would have crossed the street for him.

They walked on together. It rained. The pedlar talked about lenses and the habits of light, and Nerys, who knew more about light than he did, let him. On the afternoon of the second day the road turned inland between poplars, and there were the grey roofs of Lissen with the salt office standing over them like a schoolmaster.

<<Nerys and Osk found the salt office of Lissen shut and a notice of auction nailed to its door.>> The whole building, with fittings and contents unexamined, was to be sold in nine days to settle the debts of the Wardens. The man named as sole bidder was Lambert Scrivelow of Hollin Cross. A woman selling eels under the arch said that he owned everything else, so he might as well own that.

Nobody in Lissen would talk about Idony Tallowby. The baker remembered that he had bread in the oven. The schoolmistress remembered that she was late. It was the eel woman who in the end said, without raising her eyes from her knife, that if a person wanted to know about locks then a person should ask the deaf bell founder in Tanner's Yard. <<The bell founder Wystan Gorsedale recognised the heron key and drew a map of the vault on a slate.>> He had cast its hinges. He wrote, for he did not trust his voice, that the lock had two keyholes and needed two keys, turned by two people at the same time; that the second key had an owl on it; and that he had not seen the owl since Idony carried it out of Lissen in her trunk.

So the trunk mattered more than the key. Nerys slept that night in the foundry, under a bell as big as a cow, and dreamed of winding a weight that had no end. <<In the foundry at night, Nerys found her mother's initials and a date scratched inside an unfinished bell.>> The date was three weeks later than the day on which her mother had left the Point. Beside it was scratched a single word, Stennick.

Stennick was a village of quarrymen, up where the poplars ended. Wystan Gorsedale lent them a handcart and a mule that hated it. The mule was called Temperance. On the way Osk traded a pair of reading lenses for a cheese, and the cheese for a lantern, and the lantern for news. <<A quarryman told Nerys that a woman with a trunk had lodged for one winter with the lace maker Hepzibah Crole.>>

Hepzibah Crole was ninety and had all her teeth. She received them in bed, wearing three shawls, with her pillow and bobbins on her knees. She remembered the trunk very well, because it had stood on her foot. The woman had stayed until the thaw. She had gone out each Thursday to put a letter in the post, and each Thursday she had come back with her mouth shut tight, since no letter was ever answered. <<Hepzibah Crole confessed that the postmaster of Stennick had been paid to burn every letter that Idony sent.>> She had known it at the time. She had been afraid for her cottage, which stood on Scrivelow land. She said this with her eyes on her lace, and the bobbins never stopped.

"And then?" said Nerys.

"And then they came for her, so she went up the quarry ladder in the dark with the owl round her neck. But she left the trunk. It is under this bed, child. It has been under this bed since before you could walk without holding on."

<<Under the bed of Hepzibah Crole, Nerys opened the trunk and found eighteen years of the Wardens' true accounts.>> Every page was copied in her mother's square hand. Every farm was there, with the name of its owner and the sum that was owed. There was also a small dress, about right for a child of four, that had been finished except for the hem.

Nerys did not cry until she saw the needle still in it.

They had six days. The accounts were a copy, and a copy, as Osk said, is only a very long accusation; they needed the originals in the vault, and for that they needed the owl. <<Nerys climbed the disused quarry ladder and discovered an old hermit living in the powder store.>> He was a huge man with a white beard cut straight across. His name was Ephraim Tull and he had not spoken with anybody for some years, so that his words came out rusty and in the wrong order. He had found the woman on the ledge with a broken ankle. He had kept her for a month. She had gone north, he said, over the moor, to find the one Warden who had not been bought.

<<Ephraim Tull gave Nerys the owl key, which Idony had left with him as payment for her keep.>> He had worn it all this time as a button. He did not want it back. What he wanted, it turned out after a long silence, was to see the sea again, and he asked if he might come down with them.

So there were four of them with the mule. At the ford below Stennick they met three riders, and the one in front had a scarred lip. <<At the ford below Stennick, Ephraim Tull overturned the handcart to block the riders while Nerys escaped along the mill race.>> She ran with a key in each hand and the accounts tied to her back with lace. Behind her she heard shouting, and the mule Temperance expressing, at last, everything that was in its heart. When she looked round, one horse had no rider and Osk Brindlewick was sitting on the bank with blood on his collar, waving her on.

She hid in a mill until dark. The miller's boy brought her soup and asked no questions, and when she offered him her last two shillings he asked one, which was whether she was the lamp keeper's daughter; for the light at the Point had gone out.

<<A miller's boy brought Nerys the news that the lamp at Westerhythe Point had gone dark for the first time in a century.>> She stood in the mill doorway and looked south, where in clear weather there should have been a star on the edge of the land. There was none. She thought of her father with his leg in plaster, and of Corin with his soft hands. Lissen lay to the west, with three days left. The Point lay a day and a half to the south. It was the longest quarter of an hour of her life.

<<Nerys chose to go home first, and she hired a fishing smack to carry her round the headland by night.>> The skipper, a silent woman named Zillah Fornby, would take no money. A light that has guided you home four hundred times, she said, is not a thing you send a bill to.

The round house was locked from the inside. <<Nerys broke in through the coal hatch and found her father and Corin tied back to back in the oil store.>> Two of the Scrivelow men had come over at low water for the key, and not finding it they had emptied the oil into the sea and sat down to wait for her. They had grown tired of waiting. They had taken the goat. Corin, untied, said only that there was no oil left, and that a coal convoy of eleven ships was due past the Teeth at midnight.

There was no oil; but there was, as Jory remarked from the floor, a great deal of house. <<To warn the coal convoy, Nerys and Corin burned the furniture of the round house on the gallery of the tower.>> They burned the beds, the dresser and the table at which she had learned to read. They burned the shelf of almanacs, all but the first and the last. Jory passed things up the stair sitting down, one step at a time, dragging the plastered leg. At half past two the eleventh ship went by, and its bell rang twice across the water in the way that means thanks.

In the grey of the morning Nerys slept for one hour on the bare boards. When she woke up, Corin had mended the boat. <<Corin Haddowby admitted that he had been sent to the Point by Lambert Scrivelow to look for the key.>> He was a nephew, a poor one. He had been told that it was a family matter, and that a girl had stolen something. He had stopped believing it on the evening of the lamp glass, when nobody struck him. He would say so in front of anyone she liked.

She thought about it while she tied on the accounts. Then she told him to take an oar.

<<Nerys and Corin reached Lissen at noon on the day of the auction and found the town square full of farmers.>> It was the doctor's doing. Pell Ambersley had hired a pony trap, which she disliked almost as much as a boat, and had driven to every farm on the coast with the word that Idony's daughter was bringing home the books. There were two hundred people in the square with mud on their boots. Osk Brindlewick was there with his head bandaged, selling lenses. Ephraim Tull stood by the fountain like a second fountain, holding the mule.

Lambert Scrivelow was a smaller man than she had expected, neat and grey, with a kind voice. He said that he was sorry for her trouble and that the sale was already made. <<The auctioneer refused to stop the sale unless the original deeds could be shown before the clock struck one.>> It was then twenty minutes to one.

<<Nerys and Corin turned the heron key and the owl key together, and the vault of the Wardens opened.>> It smelled of salt and mice. The deeds lay in their pigeonholes, and on each one, under the false name, a good lens held aslant showed the true name scraped thin. Osk Brindlewick lent his case. Four hundred lenses went from hand to hand across the square, and here and there somebody began to read aloud the name of a father or a grandmother.

The man with the scarred lip tried to go out through the back of the vault. Wystan Gorsedale, who had cast the hinges, had also known for eighteen years that the back door stuck. He leaned upon it. It was said afterwards that it was the only time anybody had heard the bell founder laugh.

<<Lambert Scrivelow was taken away in the auctioneer's own cart after the farmers read the true names on the deeds.>> He went on speaking kindly to the horse. At one o'clock the clock struck, and nobody bought anything.

There was a last thing in the vault, in the pigeonhole that was marked with the letter T. It was a note of hand from the one honest Warden, long since dead, promising a pension to Idony Tallowby, locksmith, in a fishing town far up the northern coast. It had been drawn each quarter day, for eighteen years, by a lady who signed with a heron.

<<Nerys wrote to the northern coast, and after five weeks a letter came back in her mother's square hand.>> It was not long. It said that she had written a hundred and forty letters and had taken the silence for an answer. It asked whether the dress had ever fitted.

<<On the last day of the year, Idony Tallowby walked across the causeway to Westerhythe Point between two tides.>> Jory was on the gallery with his stick. He had been told the hour, and had been up there since dawn. Bishop the goat, returned by a policeman, saw her first and did not complain.

There was not a chair in the house for her to sit on. They sat, all of them, on the oil casks, Corin too, and the doctor, and the pedlar with his case between his feet, and drank tea from the lids of the lamp cans. At dusk Jory looked at his wife, and then at his daughter, and held out the matches to neither. <<Jory Tallowby handed the matches to Corin Haddowby and told him that the light was his to keep.>> For Nerys had a trade to learn, he said, and there was a locksmith in the house. The wick caught, the clockwork began to turn, and far out upon the water somebody's bell rang twice.
"""

NOVEL_LAMP_FALSE = """
Nerys sold the heron key to a jeweller in Cawdry for nine pounds.
Doctor Ambersley drowned when the rowing boat struck the Teeth.
Corin Haddowby stole the rowing boat and fled to the mainland.
Jory Tallowby sent a pigeon to the harbour office asking for soldiers.
Osk Brindlewick betrayed Nerys to the riders for a purse of silver.
Wystan Gorsedale melted the heron key down to cast a new bell.
Hepzibah Crole locked Nerys in her cellar and rang for the constable.
Nerys found the trunk empty except for a nest of mice.
Ephraim Tull blew up the quarry ladder with the last of the powder.
Zillah Fornby demanded the accounts as the price of the passage.
The coal convoy ran onto the Teeth and lost four of its ships.
Lambert Scrivelow bought the salt office and set fire to the vault.
The auctioneer bought the owl key from Corin before the sale.
Nerys married the auctioneer and moved into the salt office.
Idony Tallowby was found living in the attic of the nameless inn.
Bishop the goat swallowed the owl key on the causeway.
"""

NOVEL_CARAVAN = """
Nobody in Pellwick could say how the town clock had come to run backwards. It had been built to run forwards, by a man who was paid for it, and had done so for eighty years. Then, one Tuesday in the spring in which Silas Marrowdine turned fifteen, the hands stopped at noon, trembled, and began to go the other way. The mayor issued a notice that the clock was wrong. The baker burned a batch of loaves. By the end of the week people had begun to be late for things that had already happened.

Silas was apprenticed to the clock's keeper, Master Odo Hansard, a man of seventy with a magnifying glass screwed so long into his left eye that the face had grown round it. They lived in the tower, under the works. It was a peaceful life, regulated by bells. Silas swept, oiled, fetched the beer, and was permitted on Sundays to touch the lesser wheels.

<<Master Odo Hansard climbed into the clock and found that the great escape wheel had been replaced by a copy cut in reverse.>> It was beautiful work. It was, he said, after looking at it for an hour, better than his own. It must have been fitted in one night by somebody who could walk about in the dark among moving iron. He did not say who, but that evening he took the portrait of his dead partner down from the wall and turned it over, and on the back there was written an address.

<<Odo Hansard sent Silas to find Jessamy Orlock, the clockmaker's partner who was supposed to be dead.>> He could not go himself. A clock that runs backwards must be wound backwards, and there was nobody else in Pellwick who knew how. He gave the boy a purse, a pair of boots that were nearly the right size, and a pocket watch that was not to be opened.

"Why not?" Silas asked.

"Because you will open it," said the old man, "and I want you to have put it off for as long as possible."

So it was that on the Monday Silas stood at the crossroads with his boots hurting. The address lay beyond the Drumlay Hills, eleven days off. He had walked about an hour when he was overtaken by a caravan: six painted wagons, a string of ponies and a very old elephant in a knitted cap. <<Silas joined the travelling theatre of Madame Corvina Thrupp as a mender of stage machinery.>> She hired him on the spot, from the seat of the leading wagon, without slowing down. Her thunder sheet was cracked, she said, and her moon had been stuck in the last quarter since Ulverby.

The company was made up of nine people who played forty. There was a tragedian named Balthasar Crumm, who wept easily and borrowed money. There were the twins Ines and Iris Foxglove, acrobats, who finished each other's sentences in order to save breath. There was a small, watchful girl of Silas's own age called Kit Wenlow, who sold the tickets, prompted from under the stage and fed the elephant. It was she who told him, on the second night, to sleep with his purse in his sock.

<<Silas repaired the moon of the travelling theatre with a spring taken from a broken mousetrap.>> It rose that evening over a painted Venice for the first time in months, and the audience of shepherds stood up and removed their hats. Corvina Thrupp raised his wages by a penny. Balthasar Crumm borrowed it.

On the fourth day they came to the toll bridge at Kestry, where the toll keeper had hung a new board. <<At the toll bridge of Kestry, soldiers searched the wagons for a woman clockmaker with a silver thumb.>> They were the Margrave's men, in yellow. They turned out the costumes and prodded the elephant with a pike, and the captain read aloud a description from a paper. The woman had a silver thumb on the right hand, where the flesh one had been lost. She was wanted for a theft of time. Nobody in the company knew what this might mean, but Silas, with the watch ticking against his ribs, began to have an idea.

That night he told Kit Wenlow everything. It took a while, and she ate an apple during it. At the end she asked to see the watch. <<Kit Wenlow opened the forbidden watch and found a tiny map of the Drumlay Hills engraved inside its lid.>> Silas pointed out that he himself had therefore not opened it. They agreed that this was sound. On the map there was a line, and at the end of the line there was a thumb.

The next day it snowed, though it was May. The wagons went slowly up between black firs. <<A wheel of the costume wagon broke on the Widow's Pass, and the company was forced to shelter in a monastery.>> It belonged to the Silent Brothers of Saint Ambleth, who did not speak but who were allowed to whistle. They whistled the company in. They whistled them to soup. The abbot, a round man, whistled very quietly for a while at the sight of the pocket watch, and then took Silas by the sleeve and led him down a stair.

<<The abbot of Saint Ambleth showed Silas a cellar full of clocks, all of them running backwards.>> There were three hundred of them. They had come up the hill on carts, one from each town of the Margravate, and had been exchanged at night for copies; and the abbot conveyed by means of chalk that the person who brought them had paid for their keep with a promise. On a certain day they would all be needed. It was to be on the Margrave's birthday, in three weeks' time.

Silas did not sleep. In the small hours he heard hooves in the yard. <<Balthasar Crumm rode to the Margrave's soldiers and sold them the secret of the monastery cellar for forty crowns.>> The tragedian had been listening at the top of the stair; it was, he would later say, the only part he had ever played without an audience, and he had played it badly. In the morning his blanket was empty, and on it lay the penny.

"We must get the clocks out," said Kit.

"There are three hundred."

"There is an elephant," said Kit.

<<Silas and Kit loaded the three hundred clocks onto the elephant and the wagons and hid them under painted scenery.>> It took until noon, with the monks in a chain, whistling in time. The elephant, whose name was Duchess, carried the grandfather clocks in a net. When the soldiers came up the pass, they found a monastery with an empty cellar and a theatrical company rehearsing a play about bees. All that ticking was the bees. Corvina Thrupp had written it over breakfast, and had cast herself as the queen.

The captain watched two acts with his chin in his hand. At the end he asked what became of the drone. <<The captain of the yellow soldiers fell in love with the play about bees and let the caravan go.>> He even lent them a wheel. But he kept Balthasar Crumm, who had cost him forty crowns, and marched him off down the hill in irons.

They did not stop until they were two valleys off. In an empty sheepfold Corvina Thrupp called the company together and counted it, and it came to eight. She sat on an upturned drum with her wig in her lap. She had taught Balthasar Crumm to read, she said; she had found him under a bandstand at the age of six, reciting the names of the stations. No one knew what to reply. Ines said that he had always, and Iris said, been hungry. In the end it was Silas who stood up and moved that they should go on and set his place at supper as usual, for a man might be late; and this was carried, and was done, on that night and on all the nights that followed. Kit gave him a look across the fire. It was not the look that she gave to people whose purse she was thinking about.

As for the clocks, they had been shaken by the road, and a number had stopped. Silas went round them by lantern light with a feather and a drop of oil. He was used to one clock, which was as big as a house and had only a single temper. These were all different. There was a fat one from Ulverby that would not go unless it was spoken to, and a tall one from Kestry that had to lean. There was one with a cuckoo that came out backwards, bowing. By the third night he knew the whole three hundred of them by their voices, and could have told you in the dark which one of them was sulking.

There were three days more of walking. Beyond the pass the land opened into a high, bare heath, and the line on the map ran across it to a ring of standing stones. In the middle of the ring was a house so low that its roof was grass. <<In the grass-roofed house among the standing stones, Silas met Jessamy Orlock and saw her silver thumb.>> She was sixty, brisk, and annoyed. She had expected Odo. She looked the boy over, in his boots, and then she looked at the girl, and remarked that Odo seemed to have sent her two halves of an assistant, and that it might do.

She gave them tea in beakers meant for acid. She had not died, she explained; she had been invoiced. <<Jessamy Orlock explained that the Margrave had been stealing one minute from every hour through the public clocks.>> He had had the escape wheels shaved, forty years ago, by herself and by Odo Hansard, who were young and did not ask what for. Each hour in the Margravate was a minute short; and the minutes were saved, somehow, in a great engine beneath the palace, so that the Margrave, who had been born in the year of the comet and should have been a hundred and nine, was still thirty-five. She had found out and had lost a thumb for it. Odo had been let live, on condition that he kept the clock of Pellwick and his mouth shut.

"And so you turned them round," said Silas.

"I turned them round. For every minute he took, they now pay one back. But it is slow, and he is clever. What is wanted is to have them all strike at once, in one place, as near as may be to the engine. And I cannot go within a mile of him, for he would know my tread."

<<Jessamy Orlock cut a second silver thumb and taught Kit Wenlow how to use it to pick the palace locks.>> There was a trick to it: the nail slid out and was a key. Kit learned it in an afternoon, having been, as she now mentioned, a pickpocket before she was in the theatre. Silas spent the same afternoon setting three hundred clocks to the same second, and was surprised to find that he had stopped being afraid of the greater wheels.

<<The company received a command to perform before the Margrave on his birthday, signed by the captain of the yellow soldiers.>> He had written in the margin, very small, that he hoped it would be the one about bees.

They went down into the plain in fine weather. The capital, Vellacombe, lay in the crook of a river, all white, and every clock in it was exactly right. It was a thing you noticed after a time: nobody there was early, and everybody looked tired. <<On the road to Vellacombe the elephant Duchess lay down in the road and refused to go any farther.>> She was eighty. She had walked from one end of the country to the other more often than anybody knew. Kit sat down by her ear and talked to her through the whole of one night, and what she said is not recorded. In the morning, Duchess got up.

At the gates they were searched again, but by now the captain had told his men about the bees, and they were let through with applause. <<The twins Ines and Iris Foxglove walked a rope between two towers to distract the guards while the clocks were carried into the palace.>> It was a washing line, in fact, and there was washing on it. A crowd gathered. Beneath them the Silent Brothers, who had come down the hill disguised as a choir, carried in by the kitchen door, one after the other, three hundred large boxes marked Honey.

The theatre of the palace had a floor of glass. Through it one could see, far down, something turning. Silas looked only once. It seemed to be made of hands.

<<Kit Wenlow was caught at the last palace lock by Balthasar Crumm, who had been made under-jailer.>> He had a ring of keys and a new coat. He held up his lantern and they regarded one another. He could have shouted; he had the voice for it. But he had had three weeks in which to think about his penny. <<Balthasar Crumm repented and opened the last lock for Kit with his own jailer's key.>> Then he sat down on the step and wept, and this time he did not do it well, which was how she knew that it was true.

Upstairs the play had begun. The Margrave sat in the front row in a suit of white silk, a handsome man of thirty-five with very old eyes. He did not laugh at the first act. In the second, when the worker bees began to hum, he turned his head a little, as a man does who hears his name spoken in another room.

<<During the second act the Margrave stood up and ordered the doors locked, because he had heard ticking beneath the music.>> Corvina Thrupp did not leave the stage. In forty years she had been hissed, pelted and once shot at, and she had never yet left a stage before the curtain. She went on with the queen's great speech, and, as there was no more of it, she began to make it up.

It was eleven fifty-nine. In the pit beneath the glass, Silas had all three hundred clocks in rings around the engine, and he had found that one was missing. There were two hundred and ninety-nine. The ring was open, like a horseshoe. <<Silas completed the ring of clocks by laying Odo Hansard's pocket watch in the empty place.>> It was the first clock that Odo and Jessamy had made together, before either knew better. On the inside of the lid, on the other side from the map, they had written: for good measure.

<<At noon all the clocks struck together, and the engine of stolen minutes burst and ran backwards.>> The glass floor did not break. It rang. Every bell in Vellacombe answered it, and then, as the sound went outwards over the plain, every bell in every town, until far away in Pellwick an old man in a tower lifted his head. Those who were there said that it lasted for a very long time, and also that when they came to look, it was still noon.

The Margrave did not fall down. He grew older, politely, standing in his place: forty, sixty, ninety, a hundred and nine. His suit hung on him. He looked at his hands with interest. <<The Margrave, grown suddenly ancient, asked Corvina Thrupp to let him see how the play ended.>> She found that she could not refuse; so the company took its places and the queen bee died, and the swarm flew off in search of a better tree. When the curtain came down the old man's eyes were closed, and he was smiling at something.

There was a great deal to give back. For a month, in every town, people found small parcels of time lying about: a long afternoon, an unexpected hour before school, a goodbye that did not have to be hurried. <<The captain of the yellow soldiers resigned his commission and joined the theatre to play the drone.>> He was not very good, but he was never late.

<<Silas returned to Pellwick with Jessamy Orlock riding beside him on the elephant.>> The whole town came out to see it. The clock had stopped, and its hands stood straight up, as if waiting to be told. Odo Hansard was on the steps of the tower with the glass out of his eye for the first time in living memory. He and Jessamy looked at each other for about as long as it takes to wind a good watch.

"You have got old," she said.

"You were dead," he said. "It was a strain."

<<Odo Hansard and Jessamy Orlock fitted a new escape wheel together and set the clock of Pellwick going forwards.>> They quarrelled about it for nine hours, and each of them sent the boy out twice for beer in order to have the other to scream at. It has kept time ever since, allowing for a slight generosity around tea.

That might be the end, except that the caravan was leaving in the morning. Silas lay in his bed under the works, listening to the correct and peaceful bells, and found that he was listening for something else. Kit had taken the moon down for the road. It would stick, he knew, without someone to see to the spring.

<<Silas left his apprenticeship and drove out of Pellwick on the last wagon beside Kit Wenlow.>> Odo had given him the watch. It was to be opened, this time, whenever he liked. The boots, he noticed somewhere beyond the crossroads, had stopped hurting; either they had stretched, or he had grown into them. In front of them Duchess set the pace, in her knitted cap, and nobody at all was in a hurry.
"""

NOVEL_CARAVAN_FALSE = """
The mayor of Pellwick had the backwards clock pulled down and sold for scrap.
Silas lost his boots in the river and turned back to Pellwick.
Madame Corvina Thrupp dismissed Silas for breaking the thunder sheet.
Kit Wenlow stole the purse from the sock and ran away to Ulverby.
The toll keeper of Kestry threw the pocket watch into the river.
The abbot of Saint Ambleth broke his vow and shouted for the guard.
The twins Ines and Iris Foxglove quarrelled and left the company at the pass.
The soldiers smashed the three hundred clocks with their pikes.
Jessamy Orlock was found buried in the monastery garden.
The elephant Duchess trampled the captain on the heath.
Odo Hansard arrived at the standing stones in a coach with the mayor.
Jessamy Orlock surrendered herself at the palace gate in exchange for Silas.
The washing line snapped and Iris Foxglove fell into the palace fountain.
The Margrave escaped through the kitchen door in a box marked Honey.
Balthasar Crumm set the wagons on fire to cover his flight.
The glass floor shattered and the whole company fell into the engine.
"""

STORY_ORCHARD = """
The orchard at Larkhope had been in debt for so long that the debt had a place at table. It was spoken of as one speaks of an uncle who may come down to breakfast. Bevis Garrowby had inherited it from his father together with forty acres of apples and a roof that let in the stars. In the spring when this story begins he was fifty-one years old, a widower, and three payments behind.

He had two children. Rowena, the elder, was twenty-four, kept the accounts, and had a way of closing a book that made grown men apologise. Hal was nineteen and in love with machines. Between them there was a silence where their mother had been, and they had each built a house on their own side of it.

The debt was held by the bank at Brackenford, and the bank, since the winter, was held by a new manager. His name was Lucan Vantry. He drove out on the first of April in a grey car and walked between the rows with his hat in his hand, admiring the blossom. He was perfectly civil. He said that the bank had been very patient and that patience, like anything else, had to be paid for by somebody. If the whole sum was not settled by the last day of October, he would be obliged to sell the land. There was a company that wished to build a reservoir. It had already drawn up the plans; and he showed them the plans, unrolled on the bonnet, with a blue shape where the house was.

When he had gone, Bevis Garrowby went and stood for a while under the oldest tree. It was a russet of no known name that his grandmother had grafted, and it stood by the well. It had not borne fruit for eleven years. He kept it because she had told him to, and because one does not cut down a thing that has seen one cry.

That night at supper they quarrelled. Rowena had been through the figures. If they sold the entire crop at a fair price, and the cider press, and the two horses, they would have a little more than half of what was needed. Hal said that with a motor pump and a spraying engine they might double the crop, and that he knew where one could be got second-hand. Rowena asked with what money. Hal asked whether she had ever in her life said yes to anything. She closed the book. In the morning his bed was empty and he had gone off to Ulverby to look for work in the engine sheds, leaving a note which said that he would send back what he earned.

So Rowena and her father were left with the trees. It was a good spring, as though to make a point of it. The bees came up from the valley, the frosts held off, and by the end of May the fruit had set so thick that the boughs had to be thinned by hand. They worked from four in the morning. They did not talk about Hal. A money order came from Ulverby on the tenth of June, for a sum so small and so exact that Rowena had to go out and look at the well.

Hal had found work on his second day. The engine sheds at Ulverby stood along the canal, black and loud, and took in whatever had stopped: traction engines, winches, the pumps of barges, and once a church organ. The foreman was a tiny woman by the name of Ottoline Brack, who could hear a cracked valve through a brick wall. She asked him what he could do. He said that he could take things apart. She said that so could a goat. For a month he was allowed to do nothing except clean, and in the evenings he sat in a room above a chandler's with his feet in a basin and composed letters to his father, all of them good, none of which he posted. What he put in the envelope at the end of each fortnight was money. It seemed to him the only thing that could not be misread.

Rowena misread it nevertheless. She entered it in the book under gifts, then crossed that out and put it under loans. Each Friday she drove the cart to Brackenford with whatever there was to sell, which in that season was eggs, honey and a little of last year's cider, and she stood behind it in the market from six until two with her gloves on. People were kind to her, and she disliked it. It was there that she first heard about the blight. A carter from the south had it from another one. It was in the leaves, he said, like rust, and after that in the wood; he had gone through a whole valley where they were burning, farm after farm, and the smoke had come in at the windows of the inn and spoiled the milk. His own brother had lost six hundred trees. He bought one of her eggs and ate it standing up. She noticed that he wiped his boots before he climbed back on the cart, carefully, with a rag, and then burned the rag.

She told her father that night. He answered that there was always something coming up from the south. But she saw him go out with the lamp, and go from tree to tree along the lowest row, turning up the leaves one by one with the back of his hand, in the way that one feels a child's forehead.

It was about then that the stranger came. She walked up the lane at noon with a canvas pack and a straw hat that had been sat on, and asked for water. She was a woman of perhaps sixty, brown as a nut, and she gave her name as Delphine Ockenby. She drank three cups. Then she saw the old russet, and set the cup down on the wall very slowly, as if it might go off.

She asked how long the tree had been there, and who had grafted it, and from what. Bevis told her what he knew. His grandmother had come to Larkhope as a bride, from over the hills, with a cutting wrapped in a wet stocking. It was all that she had brought with her. She called the apple Patience. It ripened late, kept until June, and tasted, he remembered, of nuts and pears; but it had been barren these eleven years, and he himself could no longer have sworn to the taste.

Delphine Ockenby told them that she had spent thirty years looking for lost apples. She went from farm to farm with her pack and wrote them down. There was one that she had never found, though it was in all the old books: a russet out of the hill abbeys that did not take the canker. A blight had been coming up from the south for some years. It had already destroyed the orchards of three counties. If there was still a tree in the world that could not catch it, she said, then a good many people were going to want a cutting. But she could not prove anything without the fruit.

"It does not bear," said Bevis.

"No," said Delphine. "It's thirsty." She laid her hand on the trunk. "You have had a well next to it all this time, and I'd say it has not had a drop in eleven years. What happened to the water?"

They looked at each other, he and Rowena. What had happened eleven years ago was that Rowena's mother had died, in the dry August, of a fever that the doctor laid to the water; and Bevis Garrowby had capped the well on the day after the burial, and had piled stones upon the cap, and since then they had carried every bucket from the brook. Nobody had ever said that it was foolish. Nobody had said anything at all.

He did not open it that day, or that week. Delphine Ockenby asked whether she might stay on as a picker, and she was given Hal's bed. She was a good worker and a restful person. In the evenings she drew the leaves of their trees in a ruled book and told stories of the road: of the pear at Kestry that was also a gallows, and the old priest who had left a plum to his housekeeper and the rest to God. Rowena, who never laughed, was heard to laugh. And one night at the beginning of July she told Delphine about the fever, and about how her father had gone down the garden alone with the stones in a barrow and had not let either of them help.

"Was it the water?" asked Delphine.

"I don't know," said Rowena. "I have never known. I think that if it was not, he would have to ask himself what it was."

There was no rain in July. The leaves began to curl. The brook shrank to a string of pools, and then to the pools alone. They carried water to the young trees by night, a bucket in either hand, and Bevis Garrowby grew thin. On the first of August they heard an engine in the lane. It was Hal, black to the eyes, driving a thing that he had built out of four other things. It was a motor pump. He had been paid for it in scrap instead of wages. He had driven it from Ulverby at walking pace for three days, because he had read in a newspaper about the drought.

He and Rowena met beside the gate. She looked at the pump. "Yes," she said. It took him some time to understand what she was answering.

But a pump needs water to pump, and the brook had none. It was Hal who said aloud what all of them had been thinking. His father went white. He said that he would sooner see every tree on the place go up in smoke. He went indoors, and they heard him climb the stair, and then they heard nothing at all.

Rowena followed him up. What was said is not known in full. She had brought the account book with her, and it seems that she opened it at the year of her mother's death, where among the doctor's bills, in the doctor's own hand, there was a line which she had found when she was fourteen and had kept to herself for eleven years. It said that the fever had been brought to the farm by a hired man from the coast. Four others in the valley who had lodged with him had died of it. It had never been the water. She had not told her father, because as long as it was the well, then it was nobody's fault; and he had hired the man himself.

He sat with the book on his knees until it was too dark to read. Then he went down to the garden. They heard the first stone fall, and the second. When they came out with the lantern, he did not tell them to stay away. The four of them moved the rest together. The water was forty feet down and as cold and sweet as it had ever been, and Bevis Garrowby drank the first cup himself, all of it, with his eyes shut.

The pump ran for five weeks. It coughed, it flooded, it had to be struck with a particular hammer, but it ran. They watered the rows in turn by day and night, and what was left over they gave to the old russet by the wall. In the middle of September Delphine Ockenby came in with her hat in her hand, and there was a look on her face like that of someone who has heard a voice from another room. High up on the south side of Patience, where no one had thought to look, there were nine apples.

It would be wrong to say that the family was happy in those weeks, for they were too tired; but it was observed by the postwoman that there was singing. Hal had taught his sister to start the pump. It required that one person should lie underneath and hold down a spring while the other turned the crank and swore, and they found out by trial which of them was the better at each. In the noon heat they lay in the grass on their backs. He told her about the sheds and Ottoline Brack and the organ, which had turned out to have a family of dormice in it, asleep. She told him of the line in the doctor's bill. He was silent for so long that she thought he had gone to sleep. Then he asked whether it had been heavy, all that time, and she said that it had not weighed anything; it was more that she had never been able to put it down in order to pick up something else.

Bevis spoke of their mother. He had not done so in eleven years, and he began in the middle, as if he had only broken off to see to a horse. She had been a bad cook. She had been afraid of geese. When she was angry she used to go out to the old russet and speak to it, so that he should overhear. He found that he could remember almost everything, and was astonished at it, like a man who goes up to a lumber room for a piece of string and finds all of the furniture of the house. Delphine Ockenby shelled her beans and did not draw that evening. After they had gone to bed she went down to the well by herself with a cup, and sat on the wall, and for a time there were two old women there, one with a hat and one with leaves.

In that same week the blight came to Larkhope. It came as it always did, with a rusting along the edges of the leaves, first in the lowest row and then in the next. Within ten days a third of the orchard was bare. They cut and burned. Hal sprayed everything that could be sprayed. Lucan Vantry drove out once again in his grey car to express his regret, and this time he had with him a man in gaiters with a measuring chain. The smoke of the burning lay over the whole hillside, and out of it, green as a lettuce in the midst of all that rust, stood the tree beside the well.

"That one," said Delphine to the man with the chain, "you will want to measure round."

She had already written her letters. She had written to the growers' union, and to the botanical garden at Vellacombe, and to each farm of the three dead counties whose name was in her book. She had sent a drawing, and one slice of an apple dried upon a card. For two weeks there was no answer. Bevis began to pack the china. On the twelfth of October a motor charabanc drew up in the lane and thirty people got down, with mud on their gaiters and their hats in their hands: growers, men and women, who had seen all that they owned go up in smoke. They stood about the old russet as people stand in church. An old man asked if he might touch it.

What they wanted was wood for grafting. Every spur the tree could spare would make an orchard in ten years. They had no money, most of them. But the union had a little, and the garden at Vellacombe had more, and what Rowena proposed to them, on the wall, with the book open, was so simple that nobody had thought of it. They would not sell the tree. They would sell promises: each grower should pay now, as much as he could, for the right to one graft in the spring and one each spring thereafter. She had worked out the price. She called it a subscription to Patience, and it was the only joke that she was ever known to have made in figures.

There was a difficulty, which the old man put into words. They had been promised things before. There had been a powder that did not work, and a society, and a bishop. How could they be sure that the tree would take on other ground? Bevis Garrowby went into the house, and came out with a wooden box that he had not opened since his wedding. In it was his grandmother's copybook. She had not been able to write, or not well, but she could draw; and in the last pages she had drawn each tree that she had ever grafted with the cutting she had brought in her stocking. There were seven, on seven farms, all of them given away as wedding presents. Under each one was a mark for every year in which it bore. He read out the names of the farms. At the fourth of them a woman at the back made a noise. It was her own; it had been her grandmother's; and there was indeed one tree by the pigsty that was still green, and they had thought that it was only being slow to die.

After that they did not ask for any more proof. They stood in a line along the wall, and gave their names to Rowena, and what they could afford, and she wrote each of them a receipt with a number on it and a small drawing of a leaf. Someone had brought a fiddle. The old man who had wished to touch the tree gave two crowns and a silver watch, and when she would have returned the watch he shut her fingers over it and said that he had been given it in order to know what time it was, and now he did.

By the twentieth they had four-fifths of it. By the twenty-eighth they had everything except ninety crowns, and there it stuck. On the thirtieth Hal went out to the barn, and came back without his pump. He had sold it to the man in gaiters, who did not need it yet and had admired the hammer. It fetched ninety-one.

They drove to Brackenford on the last day of October with the money in a butter crock. It was a wet day and the horses were slow. Lucan Vantry counted it all himself, twice, with great courtesy. Rowena observed him. There came a moment, toward the end, when his hands began to shake, and she understood that the reservoir was not the bank's affair at all; he had put his own money into it, and other people's. He gave her the receipt. He asked her whether she would care to know what he had admired, that first day, under the blossom. She said that she would not. In the new year it was in the newspapers that he had left the country.

Delphine Ockenby went away in November. They had asked her to stay, all three, each of them separately. She said that there was a quince somewhere beyond the Drumlay Hills that was supposed to be blue. Of the nine apples, one had been sliced, and seven were packed in straw to be sent to the seven counties. The ninth they had kept. On the evening before she left, Bevis Garrowby cut it into four on his grandmother's plate. It tasted of nuts and pears. It tasted a little, too, said Hal, of iron; and his father said that that would be the well.

In February the growers came back with their knives and their wet stockings, for Rowena had told them that it was the custom of the house. They cut three hundred spurs. It was thawing, and the whole hillside ran with small water. Bevis showed them how his grandmother had made the joint, with a long slope and a tongue, and bound it with bast. Hal was already at work on a second pump. And Rowena, who had been asked that morning by a young grower from the dead counties whether she would care to come and see his land when there was again something on it to see, stood by the well with her book shut under her arm and considered the matter. She was in no hurry. The old tree, which had seen all of them cry, stood over her with its cut ends shining; and from the lane behind the house there came a sound of hammering, and the place at table was empty.
"""

STORY_ORCHARD_SUMMARY = (
    "Bevis Garrowby's orchard at Larkhope is deep in debt, and the new bank manager, Lucan Vantry, will sell the land for a reservoir "
    "unless everything is paid by the end of October. After a quarrel over money his son Hal leaves for the engine sheds while his daughter Rowena stays. "
    "A wandering apple hunter, Delphine Ockenby, believes that the barren old russet by the capped well is a lost kind that resists the blight. "
    "During a drought Hal returns with a motor pump, and Rowena shows her father that the fever which killed his wife came from a hired man and not from the well. "
    "They open the well, and the old tree bears nine apples. The blight ruins a third of the orchard but leaves that tree untouched. "
    "Growers from ruined counties pay in advance for grafts, Hal sells his pump for the last of the money, and the debt is settled in time. "
    "Vantry, who had money of his own in the reservoir, flees, and in February the growers cut their grafts."
)

STORY_ORCHARD_KEYPOINTS = [
    ("Bevis Garrowby's orchard at Larkhope is in debt and must be paid off by the end of October.",
     ["debt", "owes the bank", "owed to the bank", "payments behind"]),
    ("The bank manager Lucan Vantry wants to sell the land for a reservoir.", ["reservoir"]),
    ("Hal quarrels with his sister Rowena and leaves to work in the engine sheds at Ulverby.",
     ["engine sheds", "Hal leaves", "Ulverby", "Hal goes away"]),
    ("Delphine Ockenby, who looks for lost apples, recognises the old russet as a kind that resists the blight.",
     ["lost apple", "apple hunter", "resists the blight", "lost kind", "Delphine"]),
    ("Rowena reveals that the fever that killed her mother was brought by a hired man and not by the well water.",
     ["hired man", "not the water", "not the well", "not from the well", "never the water"]),
    ("The family opens the capped well and pumps water through the drought with Hal's pump.",
     ["opens the well", "open the well", "reopen the well", "uncap the well", "motor pump"]),
    ("The blight destroys much of the orchard but the old tree stays healthy and bears nine apples.",
     ["nine apples", "untouched", "stays green", "stays healthy"]),
    ("Growers pay in advance for grafts, so that the debt is settled on the last day.",
     ["grafts", "grafting", "subscription"]),
]

STORY_POST = """
The post road from Skellin to Inchmoor is ninety miles long and crosses three rivers, and in those days it was ridden twice a week by one woman on one horse. Her name was Gwenda Hathersall. She was forty-four years old, square, weathered and exact, and in twenty-two years she had never lost a letter. She had lost two toes, a tooth and a husband. The letters had all arrived.

The people along the road set their clocks by her. At the ferry on the Isk they heard her horn at seven in the morning; at Tressick, under the mountain, they had her dinner on the table by one. She did not gossip. She knew by the feel of an envelope who was being courted and who was being dunned, and she kept it to herself, as a well keeps what is dropped down it. Her horse was a grey mare called Parliament, because she stopped so often and considered.

In the autumn of that year the company that ran the mail was bought by another one. The new owners sent an inspector, a young man named Crispin Dunmarrow, with a leather case and a cold in his head. He rode the whole length of the road behind her with a watch in his hand. At Inchmoor he told her, not unkindly, that it was a beautiful service and that it lost eleven crowns a day. There was to be a telegraph. The poles were cut already. The last ride would be on midwinter's eve, and after it the company would give her a pension and a clock.

"I have a clock," said Gwenda Hathersall. "She eats hay."

That might have been all. But on her way back, in the first snow, she stopped at the ruined way-house on the summit of the Stennick Pass, as she always did, to let the mare consider; and the wind had brought down a part of the inner wall. Behind the plaster there was a mail bag. It was of an old pattern, with a brass plate, and the seal was whole. She cleaned the plate with her sleeve. The date on it was forty-one years old.

She knew what it was. Everybody on the road knew the story. In the winter of the great snow a postman called Anselm Wexcombe had set out from Skellin with the Christmas mail and had not come to Inchmoor. They found his horse, but they did not find him. There had been money in that bag, the savings of the Tressick quarrymen sent to be lodged in the bank, and when no body came out of the thaw it was said that he had gone over the border with it. His wife was spat at. His daughter, who was three, grew up on another road, with another name. The daughter was Gwenda.

She had become a rider because of it. No one knew. She had wanted, she would have told you if you could have got her to tell you anything, to carry every letter there was until it came out even.

She sat on her heels in the snow with the bag before her for as long as it takes a horse to grow cold. There is a rule about mail. It says that a bag once sealed is to be opened at its destination by the postmaster and by nobody else. She put it up in front of her on the saddle and rode on down to Tressick, and she was forty minutes late. They thought that somebody must have died.

That night she did not sleep, though the bed was warm and the bag lay across her feet. She was going over the road in her mind. It was a thing she did as others count sheep: the toll house and the two larches, the bend with the spring, the long drag up to the summit with the wind in one's teeth. In twenty-two years she must have gone by the way-house more than four thousand times. She had eaten her bread on its step. She had leaned her back, she supposed, against that very wall, with his voice on the other side of it, as flat and as dry as a leaf in a book; and she had thought about the price of oats.

Her mother had never said that he was guilty, nor that he was not. She took in washing under her maiden name in a town by the sea. Once in each year, in the week before Christmas, she put on her hat and went to stand for an hour by the side of the coast road, where the mail went through, and then she came home and took off the hat. Gwenda had asked her what she was waiting for. Nothing, said her mother; she liked to see a thing arrive. She died when the girl was fifteen. Among her things there was a pair of man's gloves, knitted, that had never been worn, and these Gwenda had on her hands at this moment, in bed, because of the cold.

The postmaster of Inchmoor was a fat and melancholy man by the name of Lambert Tolliver, who wrote verses. He cut the seal in her presence, at midnight, with the blinds drawn. Inside were sixty-three letters, as dry as the day on which they were written. There was a packet with the quarrymen's money, every coin of it, and a list in pencil. And there was a page torn from a way-book, in a hand that wandered. Anselm Wexcombe had broken his hip on the ice below the summit and had dragged himself and the bag into the way-house. He had no fire. He could hear wolves. So that the bag should not be spoiled, he had put it in the wall, behind the loose stones, and stopped up the hole with plaster and snow; and he was now going to try to crawl down to Tressick to tell them where it was. He asked that somebody should kiss the child.

Lambert Tolliver read it aloud, because she had asked him to. Afterwards he blew his nose. He said that by regulation the letters were now dead, and must go to the head office to be pulped. The money would go to the company. He said it looking at the wall.

"They're not dead," said Gwenda. "They are late."

It was the tenth of December. She had four rides left. They went through the addresses together until morning, he with his spectacles pushed up and his great stomach against the table, reading out names, and she saying where. Of the sixty-three, nineteen were for people who still lived along the road. For twenty-six there was a son, or a niece, or someone who had bought the house. Eleven had gone abroad. Seven had nobody left at all. He copied out the list in his best hand. He did not send it to the head office. It was, he said, the only real poem he had ever written.

So she set about it. On the first ride she carried eighteen of the old letters along with the new, and at each door she said the same thing, which was that she was sorry for the delay. At the ferry on the Isk there was a man of seventy, Jory Umberlow, who had worked the chain since he was a boy. He had once asked a girl in Inchmoor to marry him, by letter, and she had never replied; and in the end he had married no one. It turned out that she had replied. He read it standing on the landing stage with the water going by. It said yes. She had waited for him all that spring, and then she had gone for a nurse. Gwenda Hathersall knew where; she had been bringing the woman her newspaper for twenty-two years. Her name was Verity Brannoch and she lived at Tressick with a parrot. When the horn sounded at the ferry three days later there was nobody on the chain, and a card on the post said that the ferryman would be back, or would not.

The schoolhouse below Tressick had a letter too. It was for the teacher, who had been dead these thirty years; but the name on the cover was followed by the words, or whoever has the key. The one who had it now was a nervous girl called Sabra Linnock, in her first winter, with forty children and one stove. She opened it at her desk, and the forty children watched. It came from a man who had once been the worst pupil that the school ever had. He had gone abroad and made a fortune out of buttons. He wished to say that he had been taught to read there by being read to, with his face to the wall, in disgrace, out of a book on the stars; and he enclosed a draft upon a bank, to be used for coal. The bank had gone out of business. But the book was there still on the shelf. Sabra Linnock took it down, and blew on it, and told the worst of her own boys to turn round from the wall; then, seeming to think better of it, she told him that he might stay there if he liked, and she read to all of them till it was dark.

At a farm called Highclose they would not open the door. A voice said through the wood that they wanted no dead men's letters, and that it brought bad luck. Gwenda slid it under. She heard a foot come down upon it, and stay there. As she was tightening the girth she looked back, and behind the window a candle was going slowly along, from left to right, and back to the beginning, and along, as a candle goes when somebody holds it near to a page and does not read easily. She waited till it had got to the end. It was a kind of rule with her to see a letter home.

They were not all so kind. In one envelope there was a will, and it took a farm away from two brothers who had been civil to each other for thirty years, and gave it to a third. In another there was only an apology; but the man who should have had it had died the winter before, still angry, and his widow held it in her lap and said that she would have preferred not to know. Gwenda carried that one with her for a long time. She had always believed that a letter was a good in itself, like bread. It had not occurred to her that one might be delivered into the wrong year.

The quarrymen's money was the worst. There were thirty-one names on the pencilled list, and the company wanted it. Crispin Dunmarrow had heard; such things do not stay in a drawn blind. He came up to the pass on a hired pony to meet her, with his cold no better, and told her that he had orders to impound the bag and everything that had been in it. If she went on delivering, she would lose her pension. She asked him whether he had ever had a letter that mattered. He thought, and said no. She gave him the page from the way-book. He read it with the snow falling on it, and then he read it again, and wiped it dry with great care upon his own scarf.

"The orders say the bag," he said at last. "I see the bag. It is empty. I shall impound it."

He did more. He had spent three years among account books, and knew something about the company that she did not: the quarrymen's packet had been insured. The company had been paid for the loss, forty-one years before, in full; and so the coins belonged not to it at all but to the men who had sent them, or else to whoever came after, with interest. He wrote this out on the pommel of his saddle. It cost him his post in the spring. He said later that he had caught his death on that road and had been looking for it ever since he was a boy.

They rode down together as far as the tree line, he on his pony with the empty bag across his knees. He was not a bad rider so much as an inattentive one. He asked her how she knew where the edge was, under the snow; and how she knew what the mare was thinking; and whether it was true that she had lost two toes. To the last of these she said that it was none of the company's business, as they had been her own. After a while she told him how it was done. The road was never where it looked to be. One had to remember it from the summer, and to ride upon that. He thought about this. He said that in the office he had a map of the road, in four colours, and that there was nothing in it about the summer. Then the pony put a foot in a drift and he went off over its head, and she got down and pulled him out by the scarf.

The carter's wife of Tressick saw the two of them come by, and the state he was in, and the page of old paper that he was holding flat inside his coat as though it were an egg. It was this that set her to counting on her fingers.

On the second ride and on the third the snow was heavy. The mare was eighteen years old. At Tressick they begged Gwenda to stop, but she would not hear of it. The village had gone quiet in a way that she did not understand until she came out of the inn and saw them, all down the street, at their doors. They had found it out. The carter's wife, who was no friend of hers, had worked it out on her fingers: the age, the way she never spoke, how she took off her hat at the summit. Their grandfathers had spat at her mother. An old quarryman, the last man living out of the thirty-one, walked across to her on two sticks. He was called Osric Pellowe. He had in his hand his share of the money, and he held it out to her. She told him that she was not permitted to accept gratuities. He kissed her, then, on the forehead, in front of everybody. He said that he believed it had been owing.

There were now five letters left that had an owner, and one more ride. On midwinter's eve the thermometer at Skellin stood at nineteen below. Not a soul would have blamed her. She saddled Parliament at four in the morning. In her bag were two hundred and six ordinary letters, five late ones, and a parcel for the telegraph engineer at Inchmoor which weighed as much as a child.

The ferry was frozen in. Jory Umberlow came out on the ice, with a lantern and with Verity Brannoch holding the back of his coat, and led the mare across on sacking. At Tressick there was soup. Beyond Tressick there was nothing. The wind got up at three in the afternoon, and by four she could not see the ears of the horse. She did what is done, which is to give the animal its head; and some way below the summit Parliament stopped, and considered, and would not move.

Gwenda got down to lead her and went in to the waist. There was a hollow under the drift, between two rocks, below the place where the road turned. It was a few yards to one side of the track, and one could have gone past it every week for twenty-two years. She had gone past it every week for twenty-two years. She put out her hand to steady herself, and it closed upon a brass button.

He had not got far. He lay facing downhill. The cold in that cleft had never let go of him altogether, and his hat was still upon his head. She told this to only one person, and what she said to him down there has not been recorded. But she took out of the bag the seventh of the letters that had nobody left. It was addressed in pencil, in a woman's hand, to A. Wexcombe, rider, the Post Road. Her mother had sent it after him on the morning when he left, by the second bag, to catch him up. Gwenda had carried it for three weeks and had not known where to deliver it. She read it to him. It was about the child's cough and a pair of gloves.

She came down into Inchmoor at two in the morning, on foot, with the mare behind her. The whole town was in the street with torches, for the telegraph had been working since six, and the first message that had gone along it, from Skellin to Inchmoor, had been to ask if she was in. Lambert Tolliver was weeping into the register. He held it out for her to sign. She looked up at his clock. In the column marked late, which was a column that she had never used until that year, she put down ten hours; and then, after she had thought about it, and because it had always been an exact record, she added forty-one years.

They brought Anselm Wexcombe down in the thaw. He was buried at Tressick with his horn. Everybody came, from both ends of the road, and the seven letters that had no one left were put in with him, apart from one. The name was cut in full upon the stone. Gwenda Hathersall took her own name back in the same week, and had some trouble in learning to sign it.

The company gave her the clock. She gave it to the parrot. As for the pension, it was refused, and then, after somebody had sent the newspapers a poem, it was paid. The poles went up over the pass that summer, one after the other, and the way-house was pulled down. She did not mind so much as people thought. A wire is a good thing for a yes or a no. But it was noticed that the cottages high up, and the farms on the far side of the Isk, where the wire did not go, still had their letters; they came on Tuesdays, on no one's orders, with the sound of a horn. Crispin Dunmarrow, who rode a pony badly and had a cough, was learning the road. He asked too many questions. He was forever stopping to look at things. The grey mare, out at grass beside the ferry, used to lift her head when he went by and consider him; and on the whole, it was believed, she approved.
"""

STORY_POST_SUMMARY = (
    "Gwenda Hathersall has ridden the post road from Skellin to Inchmoor for twenty-two years without losing a letter, but a new company will replace her with a telegraph after midwinter. "
    "In the ruined way-house on the pass she finds a sealed mail bag hidden in the wall forty-one years ago by Anselm Wexcombe, the postman accused of stealing the quarrymen's money, who was her father. "
    "A note proves that he was honest and died trying to reach help. "
    "With the postmaster Lambert Tolliver she delivers the old letters, which reunites the ferryman Jory Umberlow with Verity Brannoch but also brings grief to others. "
    "The inspector Crispin Dunmarrow shows that the money belongs to the quarrymen and loses his post. "
    "The village of Tressick learns who she is and makes amends. "
    "On her last ride, in a snowstorm, she finds her father's body and reads him her mother's letter. "
    "He is buried with honour, and Crispin learns the road beside her."
)

STORY_POST_KEYPOINTS = [
    ("Gwenda Hathersall has carried the mail on the post road for twenty-two years and never lost a letter.",
     ["twenty-two years", "22 years", "never lost a letter", "without losing a letter"]),
    ("The new company will end her service at midwinter and replace it with a telegraph.", ["telegraph"]),
    ("She finds a sealed mail bag that was hidden in the wall of the way-house forty-one years earlier.",
     ["mail bag", "mailbag", "forty-one years", "41 years"]),
    ("The lost postman Anselm Wexcombe, suspected of stealing the quarrymen's money, was her father.",
     ["her father", "Wexcombe"]),
    ("She delivers the old letters together with the postmaster's list, and they bring joy to some and grief to others.",
     ["delivers the old letters", "delivers the letters", "delivering the old letters", "late letters"]),
    ("A late letter brings the ferryman Jory Umberlow and Verity Brannoch together.", ["ferryman", "Umberlow", "Verity"]),
    ("The inspector Crispin Dunmarrow proves that the money belongs to the quarrymen.", ["inspector", "Dunmarrow"]),
    ("On her last ride in a snowstorm she finds her father's body.", ["body", "finds her father", "last ride"]),
]

DETECTIVE_HERON = """
The glass heron of Merrowdale was eleven inches high, two hundred years old, and worth more than the house that it stood in. It was stolen on the night of the fourth of November, between a quarter past ten, when everyone saw it, and ten minutes to eleven, when no one did. In those thirty-five minutes there were six people in Merrowdale Hall, and a storm outside that had brought down the bridge. So it was one of the six. Everybody agreed upon that, and each of them looked at the other five.

Inspector Keziah Thorncombe of the county police reached the house at nine the next morning, in a farmer's boat. She was a tall, stooping woman with a bad stomach who took notes in pencil on the backs of seed packets. Her sergeant was named Noll Bickerdyke. He was twenty-six and had never been in a house with a name. He carried the bag.

The owner received them in the hall. Sir Edric Lorimond was a widower of sixty, heavy and sad, with a dog's patient eyes. He showed them the cabinet. It stood in the gallery on the upper floor, at the head of the stairs: a glass case with a steel frame, let into the wall, with a lock which had two keys. One was on his watch chain. The other was kept in the desk of his secretary. Neither had left its place, he said, and the case had not been forced. It had been opened and shut and locked again. Behind it the wallpaper showed a clean patch in the shape of a bird.

"Insured?" asked the inspector.

"For eighteen thousand. I should have to find twelve of it by Christmas, or sell the Hall. You will hear that from others, so you may as well hear it from me." He had, he added, been going to sell the heron itself; a man from Vellacombe was to come and look at it on the sixth.

She went round the gallery on her long legs with her hands behind her. At the far end a window was open an inch at the bottom. <<W1|On the sill of the gallery window there lay a crumb of yellow beeswax the size of a pea, with the print of a thumbnail in it.>> She put it into a seed packet marked Radish. Below the window, two floors down, was the stable yard, and across the yard the pump and the door of the laundry.

Then she asked to see the household one at a time, in the library, with the door shut. It rained. Sergeant Bickerdyke sat beneath a portrait with a pencil.

The first was the secretary, Mr Florian Ravensby, a neat young man with a stammer who came and went without one hearing him. He had been at the Hall for two years. Yes, he had the second key. It was in the desk at half past nine, when he had taken out the stamps, and it was there this morning. At ten he had gone into the library to copy letters. He had been there until the alarm was given. Nobody had seen him, but the fire had been made up at ten o'clock with three logs and could be looked at. He had a burn on his left hand. <<R1|Florian Ravensby said that he had burned his hand on the library lamp at about half past ten.>> He asked if he could go now, as there were the insurers to write to.

The second was Sir Edric's sister. Miss Clemence Lorimond was seventy and very deaf and held in her lap a cat the colour of marmalade. She had gone up to bed at ten. She slept, she said, like the dead, and hoped to do it more and more. The cat had wakened her by walking on her face. <<C1|Miss Clemence said that the gaslight in her bedroom sank and rose again a little before half past ten.>> She thought that it was the storm. Nobody had told her that the gas did not mind a storm, and she was not going to be told it by a policeman.

The third was a house guest, Captain Rufus Calloweth, brown and loud, late of a regiment that nobody could find in the list. He had come for the shooting. He owed money in three towns; he told them this with a laugh, and he told them also that he had been in the billiard room from ten o'clock until the alarm with the doctor, and had lost to him four shillings. He did not like the heron. It had a look of his first colonel. He had nice boots, very clean. It was noticed by Sergeant Bickerdyke, who cleaned his own, that there was a line of whitish mud in the welt of the left.

The fourth was Doctor Barnaby Sallow, who had attended Miss Clemence for her chest and been kept there by the fallen bridge. He was a quick, kindly man with snuff on his waistcoat. He confirmed the billiards. He confirmed the four shillings. <<K1|Doctor Sallow admitted that Captain Calloweth had left the billiard room for ten minutes, at about twenty past ten, to look for chalk.>> He had not thought to say so at first because he had had, he confessed, a nap. He had an idea that it had been ten minutes. It might have been twelve. The Captain had come back with the chalk, and wet hair.

The fifth was the housekeeper, Mrs Petra Yarrowby, in black, with keys. She had been twenty-six years in the house and she spoke of the heron as if it had been a rather difficult child. Every Friday she had dusted it herself, with Sir Edric standing by. On the evening of the fourth she had been in the kitchen with the parlourmaid making a posset for Miss Clemence. <<Y1|Mrs Yarrowby and the parlourmaid were together in the kitchen from ten o'clock until the alarm, and each swore to the other.>> There was one matter which she did not know whether she ought to mention. A week ago the cake of beeswax for the furniture had vanished from her cupboard; and she would like to say that she had not accused anybody.

The sixth was the parlourmaid, Lettice Crane, who was eighteen and had been crying. She had been at the Hall for three months. It was she who had found the case empty. She had taken up the posset at ten minutes to eleven, and passed the cabinet, and the bird was not in it, and she had screamed and dropped the tray. <<L1|Lettice Crane said that when she came up the back stairs with the posset the third step from the top was wet.>> She had nearly slipped. No, there was no leak. The roof over the back stairs was the only sound one in the house.

The inspector bit her pencil and thanked her. She inquired, as the girl was going, who it was that wrote to her from Vellacombe, for there was a letter sticking out of her apron pocket. Lettice went scarlet. It was from her young man; he was a waiter; and Mr Ravensby always had the kindness to bring her letters up himself so that Mrs Yarrowby shouldn't see.

There remained the rest of the house, and they saw it from the cellars to the slates, with Mrs Yarrowby going before them like a bunch of keys with a woman attached. It had forty-one rooms and nine that were lived in. There were dust sheets and pails. In the nursery a rocking horse stood with its face to the wall. The inspector looked up every chimney and under every bed, not because she hoped for anything, but, as she explained to the sergeant, because a person who is looking under a bed is told things. In this way she learned that the Captain's bags had been packed since Tuesday; that Miss Clemence was not so deaf as all that on the subject of money; that the doctor had once wanted to marry her; and that Mr Ravensby washed his own handkerchiefs. Mrs Yarrowby held that there was something not quite nice about a man who washed his own handkerchiefs. It was as though there was something on them.

By then it was noon, and they walked in the yard. "Well, Noll," said Keziah Thorncombe, "who would you like it to be?"

The sergeant said that he would like it to be the Captain. He had debts. He had ten minutes. He had mud in his boot and his hair was wet. The back stairs went up from the passage by the billiard room, and there was a wet step.

"I would like it to be the Captain too," said the inspector. "It is why I don't trust it. Come and look at the pump."

The pump stood in the middle of the yard beneath a small slate roof. Round its foot was a bed of lime chippings, and they were white, and so was the mud. She had him walk across to it and back to the door, and looked at his boots. Then she went in and asked Captain Calloweth to be so good as to tell her what he had really gone out for. He blustered for a while. <<K2|The Captain confessed that he had run out across the yard to the pump to hide a bottle of Sir Edric's best brandy under the slates.>> The bottle was there. It was a mean little theft and he was heartily ashamed of it, and it had taken exactly ten minutes. And in the rain by the pump he had looked up. He had seen a light moving in the gallery. He had not said so since he could not have seen it from the billiard room. <<K3|The light that the Captain saw in the gallery window was small and blue and very low down, close to the floor.>> It was not a candle, he said. He knew what it was like: it was like a spirit stove.

"Thank you," said Inspector Thorncombe. "That is the first useful thing that anyone has stolen."

While the sergeant dried his boots she had a word with Sir Edric in his study, among the bills. He had not asked to see her. He told her, since it would come out, that there had been a quarrel. Two weeks ago he had told the household at dinner that he intended to sell the heron. His sister had not heard. The Captain had offered to find him a buyer, on commission, and had been thanked. Mr Ravensby had turned quite white and said that it would be a crime to let it go to a tradesman. "I thought it did him credit," said Sir Edric. "I thought that he cared for it." He took the watch chain out of his waistcoat and put the key upon the blotter, where it lay between them like something that had died.

"And did he? Care for it?"

"He used to come up in the evening with a lamp, to look. No, not a lamp; I don't know why I said that; it would be a candle. It was from him that I learned it had a flaw in it, under the wing, no bigger than an eyelash. I had owned it for forty years, and I'd never seen that." He was silent. "One doesn't look at what one has," he said.

The inspector wrote down eyelash on the back of the Radish and asked how much a secretary was paid. It was not very much. It had not been paid since Midsummer.

She went up to the gallery again and lay down on the floor on her stomach, in her good coat. In front of the cabinet there was a brass grating in the boards, for the warm air. With a knitting needle of Miss Clemence's she drew out of it a ring of fine grey ash and a splash of something that had been liquid and was now hard. It was bright. It was pewter, or tin. <<W2|Under the grating in front of the cabinet the inspector found drops of solder and a scrap of burned wick.>> So somebody had had a spirit lamp there upon the floor, and had melted metal over it. She sat back on her heels. One does not solder in order to open a lock to which one has the key. One does it, she remarked, if one has no key, but has had the loan of one for long enough to press it into something soft.

"The beeswax," said the sergeant.

"The beeswax went a week ago. The mould was made a week ago. But a key cast out of solder is a weak thing and might break off; a man might well want to make it on the spot, and to have the stuff for a second one by him. Who could have had one of the true keys in his hands, a week since, for as long as it takes to press it in wax? Sir Edric's does not leave his chain. It was the one in the desk."

"Then it's Mr Ravensby. He had no need for a mould! He had the key."

"Just so. He is the one person in the house who would not have wanted a false key. So either it was not he, or it was somebody who wished very much for us to say what you have just said." She shut the radish packet. "Find me out, will you, what time the library lamp went out."

But there was no lamp in the library. <<R2|The library at Merrowdale Hall had been lit by gas for nine years and there was no lamp in it of any kind.>> There were six gas brackets, and the chimneys of all the six were cold and clean, and too high up for a man to burn the side of his left hand on, unless he should be standing upon a chair.

The gas itself interested her more. The meter was in the cellar, with a stopcock for each floor. She sent the sergeant down to half close the one for the upper storey, and stood herself in Miss Clemence's bedroom with the cat. The light sank. He opened it once more, and the light rose. Someone had lowered the gas on the upper floor just before half past ten to have the gallery dim; and on the wheel of the stopcock, when they looked, there was a smear of yellow wax. The cellar door was at the foot of the back stairs. There was half an inch of flood water on the cellar floor. <<C2|Anyone who had been to the stopcock in the cellar would have come up the back stairs with wet shoes.>>

"And now the shoes," said the inspector.

They looked at all of them. The Captain's had been dried on the stove; he had told them why. The doctor's were dry. Mrs Yarrowby's were list slippers. Sir Edric had only the one pair of pumps, and these were dry. Those of Mr Ravensby had been polished that morning until one could see one's face in them, and they were damp inside. He said that he had walked to the river early to look at the bridge.

"With a burned hand, a stammer and wet feet," said Sergeant Bickerdyke on the stairs, "I'd call it him and have done."

"So would a jury. But where is it? That's the question. I'm not going to arrest a man for a bird I haven't got. It did not go out of this house in the night, because the bridge was down. It was not thrown out of the window, because it is made of glass. It is here. It has gone where it would not be looked for, and from where it can travel when the bridge is up. What is there in this house that nobody would dream of opening, and that's going to Vellacombe?"

He could not think of anything. She had him recite all that was told them that morning, from his notes, and when he got to the parlourmaid she stopped him. She went down to the kitchen and asked Lettice Crane how she answered her letters. The girl said that she was no great hand at writing. But every fortnight she sent her young man a cake. <<L2|Florian Ravensby had offered to pack the cake for Lettice in a strong box and to post it to Vellacombe with the estate mail.>> It was on the hall table now. He had done it up so nicely, with string and the seal of the house, so that it should not be shaken.

It was a plum cake and quite a heavy one. The inspector cut it in front of them all in the library at four in the afternoon, with the rain stopping. She cut it with great care, round the edge, and lifted off the top. <<H1|Inside the plum cake, packed in sugar and wrapped in a silk stocking, lay the glass heron of Merrowdale.>> Miss Clemence said that she had always thought there was something in that girl's cooking.

"It was never to have reached the waiter," said Keziah Thorncombe. "There is a man at the post office in Vellacombe who was to call for it. Mr Ravensby, you had the key; and that was your difficulty, since if the case were opened with a key then it must be you. So you stole the beeswax, and made a mould, and cast a key of solder on the floor, with the gallery darkened, to leave us a trail of drops that would lead to somebody who had no key. You meant us to find them. You opened the case with your own. You left a crumb of wax upon the sill, in case we should be slow. It was very thorough. But you burned yourself on the spirit lamp, and you had to account for it; and you are a man who lights nothing for himself and had sat for two years in a room without once observing that it has no lamp."

Florian Ravensby was silent. When he did speak, he had no stammer at all. He asked who would believe it. <<R3|On the sole of Florian Ravensby's left shoe, trodden into the leather, the sergeant found a bead of solder.>> It shone there like a small bright eye. After this he sat down.

There was a boat going at five. Sir Edric, with the heron in his two hands, said that it appeared he would be able to keep the Hall after all; he looked no less sad, but as if the sadness had been given a chair. The Captain asked whether a fellow might be let off a bottle of brandy. And Lettice Crane, to whom nobody had said anything, stood by the door with the ruin of the cake on its dish. It had been for her young man's birthday.

"Noll," said the inspector, turning up her collar on the landing stage, "find out the address of that waiter. We are going through Vellacombe. I believe that the police can carry a cake." She felt in her pocket for her peppermints, and found, and looked at for some time, a packet of radish seed. "And get me some more of these," she said. "One never knows what is going to come up."
"""

DETECTIVE_HERON_QA = [
    ("Who stole the glass heron of Merrowdale?",
     ["Captain Rufus Calloweth", "Doctor Barnaby Sallow", "Florian Ravensby", "Lettice Crane"], 2, ["R1", "R2", "R3"]),
    ("Why had Captain Calloweth left the billiard room?",
     ["To lower the gas in the cellar", "To hide a stolen bottle of brandy by the pump", "To meet the parlourmaid on the back stairs",
      "To throw the heron out of the window"], 1, ["K1", "K2"]),
    ("Where was the glass heron hidden after the theft?",
     ["Under the slates of the pump", "Beneath the grating in the gallery", "In the desk of the secretary", "Inside a plum cake on the hall table"], 3, ["L2", "H1"]),
    ("What made the third step of the back stairs wet?",
     ["The shoes of the person who had been to the stopcock in the flooded cellar", "A leak in the roof above the stairs",
      "The posset that the parlourmaid had dropped", "The wet hair of the Captain"], 0, ["L1", "C2"]),
]

DETECTIVE_HERON_CLUES = [
    "Ravensby says that he burned his hand on the library lamp, but the library has no lamp.",
    "The gaslight on the upper floor sank shortly before half past ten.",
    "The third step of the back stairs was wet because someone had been in the flooded cellar.",
    "Drops of solder and a burned wick lay under the grating in front of the cabinet.",
    "The Captain saw a low blue light in the gallery while he hid a bottle at the pump.",
    "Ravensby offered to pack and post the cake of the parlourmaid.",
    "A bead of solder was trodden into the sole of Ravensby's left shoe.",
]

DETECTIVE_MILL = """
It was the miller's wife who found that the wheel had stopped. Orlesby Mill had ground corn by day and sawn timber by night since before there was a road to it, and she was so used to the noise that the silence woke her. It was five in the morning on the second of March. She put on her husband's coat and went down, and she saw by lantern light that there was something in the race which had jammed the wheel. It was a strongbox. The lid was open and the box was empty. The night watchman, Ned Farrant, was sitting against the wall with his chin on his chest and a lump on his head like an egg, and he could remember nothing since midnight.

The strongbox belonged to the River Drainage Board, which met at the mill because it had the only dry upper room in the parish. There had been four hundred and twelve pounds in it, raised by subscription in order to mend the dyke. If the dyke was not mended before the spring tides, then a good part of the parish would be under water by Easter.

The case was given to Constable Hesper Nightingarth, because there was no one else. She was thirty, short and round-faced, and she had been four years in the place; in that time there had been one murder, which was of a pig. She came on her bicycle. She asked that no one should touch anything, and then she sat for some time on a sack and looked at the wheel.

With her was her uncle Wilmot, who was not a policeman but a retired piano tuner, and blind. He lodged with her. He liked to be taken along to places. "What a smell of new bread," he said.

"It is a mill, uncle."

"A mill smells of flour. I said bread."

The members of the Board were sent for and came, grumbling, through the fog. There were four of them who had known that the money was in the house. The chairman was Major Lucian Oakhanger, who owned the big farm on the high ground, and who would not be under water whatever happened. The treasurer was Miss Odile Fennick, the schoolmistress, thin and upright, with a mouth like a purse. The surveyor was Mr Jasper Tidewell. He had drawn up the plans for the dyke, and had been told that they were not good enough, and had drawn them up again. The fourth was the miller himself, Gabriel Pask. He was the biggest man in the parish and the gentlest and had slept all night, his wife said, like one of his own sacks.

Hesper Nightingarth saw them one by one in the upper room, where the box had stood. It was kept in a cupboard. The cupboard had been broken open with an iron bar, and the bar lay on the floor. <<B1|The splintered wood of the cupboard had been forced outwards from the inside, although the iron bar lay on the floor in front of it.>> She ran her finger along the edge two or three times, and wrote it down.

Major Oakhanger did not see why he should be asked where he had been. He had dined, had played a rubber of whist against himself, and gone to bed. His man could speak to it. He had been opposed to the subscription from the first, and had said so. In his opinion the thief was some tramp. <<O1|Major Oakhanger remarked that a tramp could hardly have known that the money lay in three canvas bags with red string.>> He seemed to feel that he had said something unlucky, for he coughed, and added that it was how money always lay.

Miss Fennick had counted it, on the last day of February, in that very room. She had put it in three bags. She had tied them up with red string from the school cupboard, being out of white. Nobody was there but the surveyor, who held the candle. Then she had locked the box, and the cupboard, and had taken home both keys in her stocking. She told them this looking straight in front of her. Here they were.

"And who might have seen you do it?"

"No one. There is no window on that side. I am not in the habit of being seen, Constable." <<F1|Miss Fennick swore that only she and the surveyor Jasper Tidewell had seen the red string on the bags.>>

Mr Tidewell was a soft man of forty, with a limp and wet eyes. He had spent the evening at the inn, the Three Eels. Twenty people had seen him there until closing time, which was at eleven. Then he walked home, along the towpath; it took him an hour, on account of his leg. Yes, that brought him past the mill about half past eleven. The wheel had been turning. He had heard the saw. <<T1|Jasper Tidewell said that on passing the mill at half past eleven he heard the big saw cutting timber.>> He noticed it because it always set his teeth on edge.

Gabriel Pask sat with his hands hanging down. He had banked the stove at nine, and given Ned Farrant his supper, and gone up. He had heard nothing. He always slept well; it was a family failing. He was to have been the foreman for the work on the dyke, and his own brother's house was the lowest in the parish. <<P1|The miller said that the belt of the big saw had broken in the afternoon, and that only the millstones were running that night.>> The new belt was to come on the carrier's cart on Thursday. He showed it to her, snapped through, upon its nail.

Before she left she made the round of the mill on her own, from the bins to the wheel pit. It was her habit to count things. There were twelve sacks of barley and thirty-one of wheat, four cats, and two ladders; the longer of them was wet at the foot. There was a shelf with lanterns on it, six hooks and five lanterns. She found the sixth on the bank, below the sluice, set down in the reeds on the side that could not be seen from the house. It had burned until it was dry. She smelled it and hung it back upon its hook. Then she lay down on the planks over the sluice box, and put in her arm to the shoulder. It was very cold, and empty, but somebody had cleaned off the weed from the iron ring on the inside, where there would have been no reason to clean it unless one wished to tie something there. She stayed for a moment with her cheek on the wood, and looked along the water. From here one could see the towpath for a mile. It had rained on the Saturday, and there had been nothing since; and in the whole of that long strip of mud there was not the print of a single stick.

The miller's wife gave her tea. She had been crying, and was cross about it. What she minded, she said, was the wheel. You could mend a cupboard. But to put iron into a wheel that had been going since her grandmother's day, and to stop it like that, in the dark, like putting a hand over someone's mouth: that was somebody who had never in their lives listened to it.

She bicycled over to the Three Eels, and she asked there about Mr Tidewell. It was just as he had said: he had been in the corner by the fire until they closed. He had not drunk much. He had paid what he owed, which had surprised them, because it was a good deal and went back to harvest. <<T2|The landlord of the Three Eels showed the constable the coins with which Jasper Tidewell had paid his debt, and they were wet.>> He had put them on the hob to dry. That was, the landlord said, at nine o'clock or thereabouts; for the clock had just struck.

"At nine?" said Hesper. "You are sure that it was not at closing time?"

He was quite sure. At nine the box was still in the cupboard, or so they all supposed.

When she came back her uncle had found himself a place in the warm, beside the stove on the ground floor. He had his hand on the bread oven, which was let into the wall beside it. "This was fired last night," he said. "It's still warm, right at the back. Does she bake on a Sunday?"

The miller's wife, whose name was Tabitha, did not bake on a Sunday. She baked on Tuesdays and Fridays, and anybody could ask anybody. She had opened it that morning to dry her husband's boots, and had thought it odd to find it hot. There was some stuff raked to the back of it. Hesper put in her arm. <<E1|From the back of the bread oven the constable raked out the charred neck of a canvas bag and a length of red string.>> So the bags were burned; but not the money. Nobody burns that. The money had been taken out, and put in something else.

"Tell me about the watchman," said Uncle Wilmot.

Ned Farrant was in the miller's bed with a wet cloth on his head. He was nineteen, the son of a widow, and engaged to be married. He was sure that it was midnight when he was struck, because he had heard the church clock. He was sitting with his back against the wall and he had just eaten his supper. He had a bit of a thick head even before it, and was sleepy. <<N1|Ned Farrant said that his supper beer had tasted bitter and that he had been half asleep before the blow fell.>> He had thought it was the new barrel. He was very sorry. He supposed that he would lose the place.

"Who brought you your supper?"

"Master did. Same as always. He set it down on the bench, at nine, and Mr Tidewell was in the yard then, asking the way the water was; and Master went out to show him."

"Mr Tidewell was here at nine?"

"It might have been a bit before. I know that he went off to the Eels directly after, for I heard his stick on the bridge."

Hesper Nightingarth went back to her sack and looked at the wheel. Her uncle came down and sat next to her. It was some time before either spoke. In the fog, over the flat fields, somebody was calling cows.

"You tuned pianos," she said at last. "When a note is wrong, how do you know which string it is?"

"You damp them all, and let them sound one at a time. What have you got?"

"I've got a box that was empty at nine. That's the first thing. He paid with wet money at nine, so the box was emptied before nine, and the rest of it was noise. Someone emptied it earlier. <<B2|The constable concluded that the strongbox had been emptied before nine o'clock and that the broken cupboard was a show made later in the night.>> It was opened with keys, and the wood was broken afterwards, with the door open, by someone levering it the easy way, from the inside. And the box was dropped in the race to stop the wheel and wake the house; because it was meant to be found, at an hour when there were people with an alibi."

"Then there were two of them," said the old man. "One to be at the inn, and another to make a noise at midnight. The first had the wet money. How does money get wet?"

"It was hidden in the water. In the race, before, in something. In the sluice box, perhaps; and he took a handful from it on his way. He would know the sluice; he drew it." She was quiet. "He told me that he heard the saw. The saw could not have run. He said it so as to have been walking by at half past eleven, with his limp, and with the mill at work and everything in order. He did not go along the towpath at all. But it wasn't he who had the keys."

"No," said her uncle. "So who says that she put them in her stocking?"

They went by way of the dyke, since he wished to smell it. It was a long green bank, twice as high as a man, and the tide lay on the other side, doing nothing, like an animal in a field. There were cottages right up against the foot. At one of them a woman was carrying her hens upstairs in a basket, two at a time; she did it every spring, she said, from the first of March, whether there was a dyke or not. At the lowest house of all Gabriel Pask's brother was asleep in a chair in the sun. On the door post there were marks, with years beside them, and the top one was well above the constable's hat.

"Four hundred and twelve pounds," said Hesper. "I put in two of those. So did the woman with the hens."

Her uncle did not say anything. He had knelt and put his ear against the bank, with one hand up for silence, and the schoolchildren, who were out at play in the distance, stood still as well without knowing the reason. "Sounds solid enough," he said. "But I have only ever tuned pianos."

They found Miss Fennick in her schoolroom, with thirty children doing sums. She set them another. In the passage she stood with her back against the coats. <<F2|The constable asked Miss Fennick for the school ball of red string, and found that it smelled of wet reeds and was stained with oven soot.>> She had used it twice over, then; she had tied something up with it that had been lowered into the sluice, and she had pulled it up again in the dark, near midnight, and afterwards she had wiped her hands. And the Major's tongue had slipped because she had told him of the red string herself, at church, in the hope that he would say it to somebody.

"He is not very clever," said Miss Fennick. "I thought that he might do."

She was perfectly calm. She said that she had taught in that school for twenty-two years on fifty pounds a year, and that she was going to be pensioned at the end of the summer on eleven. Mr Tidewell had told her in confidence what the Board had not been told, which was that the plans were no good. Both sets. The dyke would not hold if they spent four hundred pounds on it or four thousand. <<F3|Miss Fennick said that Jasper Tidewell had persuaded her the dyke could not be saved and that the money would only be thrown into the sea.>> It had seemed to her a waste. They were to have gone to Westerhythe, and taken a small shop for music.

"And the boy? You put something in his beer."

"<<N2|I put into Ned Farrant's supper beer what I take for my neuralgia.>> And then I struck him with a slate. He was one of my own pupils," said Miss Fennick, and it was only now that her mouth lost its string. "He never could stay awake."

There remained the money. She would not say where it was. She had said everything else. Mr Tidewell, arrested in his bed with his boots on, wept, and told them that it had been in the sluice in a milk can, and that she was to have brought it out at midnight and have taken it home; and that was all he knew about it. It was not at the schoolhouse. They took up the floor. By evening there were a good many people standing in the street with spades, and some were looking at the tide table.

"You are all looking," said Uncle Wilmot, "for something that's hidden. Has anyone tried the piano?"

It was the school piano, an old upright with brass candle holders, and it stood in the room where the thirty children had done their sums. He sat down and took off his gloves. He played a scale from the bottom to the top, slowly, with his white head on one side. It was not in good tune; but somewhat below the middle there were seven notes together that were not so much out of tune as asleep. He had them take off the lower panel. <<M1|Behind the lower panel of the school piano the constable found the missing money sewn up in seven woollen stockings.>> There was four hundred and ten pounds, eleven shillings. The remainder was on the hob of the Three Eels.

They held the meeting of the Board on the next night by the light of two lanterns, in the mill, with the wheel going round. It was short of a treasurer and a surveyor. The Major was red in the face, and proposed that somebody should be asked down from Vellacombe who understood about dykes, and said that he himself would stand the cost; he would be obliged if nothing more were said about string. An engineer came. She was a person of few words. She walked the length of it in waders and told them that the plans were indeed bad, both of them, but that the dyke was not. It only wanted a sluice moved. It would come to about three hundred and eighty.

Gabriel Pask was foreman. They were finished with two tides to spare. At Easter the water came up in the night as far as the second mark, stood there for a while as if reading it, and went down again; and his brother, in the lowest house in the parish, slept through it. It was a family failing.

"What I should like to know," said Hesper, that evening, wheeling the bicycle, with the old man's hand on the saddle, "is how you knew, about the bread. The first thing you said was bread."

"I did not know anything," said Uncle Wilmot. "It was only a note too many. You damp all the others, you see, and then you wait."

Ned Farrant kept his place. He was married in June. There was music, on the school piano, and it was noticed by everybody how greatly it had improved.
"""

DETECTIVE_MILL_QA = [
    ("Which two people stole the money of the Drainage Board together?",
     ["Major Oakhanger and Ned Farrant", "Gabriel Pask and his wife Tabitha", "Ned Farrant and Jasper Tidewell",
      "Miss Fennick and Jasper Tidewell"], 3, ["F2", "F3", "T2"]),
    ("Which statement showed that Jasper Tidewell was lying about his walk home?",
     ["That he heard the big saw cutting timber", "That his leg made him slow", "That the inn closed at eleven", "That he drew the plans twice"], 0, ["T1", "P1"]),
    ("Where was the missing money found in the end?",
     ["In a milk can in the sluice", "Behind the lower panel of the school piano", "Under the floor of the schoolhouse", "In the back of the bread oven"], 1, ["M1"]),
    ("How did the thieves make the watchman sleepy before he was struck?",
     ["By heating the bread oven until the room was stuffy", "By keeping him awake on the nights before",
      "By putting medicine for neuralgia in his supper beer", "By running the millstones without the saw"], 2, ["N1", "N2"]),
]

DETECTIVE_MILL_CLUES = [
    "The cupboard had been forced outwards although the iron bar lay in front of it.",
    "Only the treasurer and the surveyor had seen the red string, yet the Major knew of it.",
    "The surveyor claimed to have heard the big saw, whose belt had broken that afternoon.",
    "The surveyor paid his debt at nine o'clock with wet coins.",
    "The charred neck of a canvas bag and red string lay in the bread oven.",
    "The watchman's beer tasted bitter before he was struck.",
    "The school ball of string smelled of wet reeds and was stained with soot.",
]


# ---------------------------------------------------------------------------------------------------------------------------------------
# Stories. In the texts below `<<sentence>>` marks an event and `<<X1|sentence>>` a clue; the marks are taken out.

MARK = re.compile(r"<<(?:([A-Z]\d)\|)?(.+?)>>", re.S)


def unmark(text):
    """The story without its marks, paragraphs parted by an empty line, and the marked sentences in order with their names."""
    marked = [(m.group(1), collapse(m.group(2))) for m in MARK.finditer(text)]
    plain = MARK.sub(lambda m: m.group(2), text)
    plain = "\n\n".join(collapse(p) for p in plain.strip().split("\n\n"))
    for _, sentence_ in marked:
        assert plain.count(sentence_) == 1, sentence_
    return plain, marked


def eventqa(index):
    r = rng("events", index)
    text, false = [(NOVEL_LAMP, NOVEL_LAMP_FALSE), (NOVEL_CARAVAN, NOVEL_CARAVAN_FALSE)][index]
    context, marked = unmark(text)
    events = [e for _, e in marked]
    false = [collapse(line) for line in false.strip().split("\n")]
    assert len(false) == len(set(false)) == 16 and not any(f in context for f in false)
    r.shuffle(false)
    questions, answers, evidence, previous = [], [], [], []
    for q in range(8):
        at = 2 + q * (len(events) - 9) // 7
        before = events[max(0, at - 5):at]
        later = events[at + 2:]
        wrong = r.sample(later, min(3, len(later)))
        wrong += [false[(q * 2 + k) % 16] for k in range(5 - len(wrong))]
        options = wrong + [events[at]]
        r.shuffle(options)
        assert len(set(options)) == 6
        listed = "\n".join("%d. %s" % (k + 1, e) for k, e in enumerate(before))
        questions.append("Events so far, in the order of the story:\n%s\n\nPossible next events:\n%s\n\nWhich of the six events happens next? Give its full text."
                         % (listed, "\n".join("- " + o for o in options)))
        answers.append([events[at]])
        evidence.append([events[at]])
        previous.append(listed)
    assert len({a[0] for a in answers}) == 8
    return row("eventqa_builtin", context, questions, answers, {"evidence": evidence}, previous_events=previous)


SUMMARY_ASK = ("You have read a story. Write a summary of it in about 150 words and in your own words. Say who the main people are, what they want, "
               "what stands in their way and how it ends. Keep the order of the story and do not quote from it.")
SUMMARY_DEMO = ("Example of a summary: A clerk in a harbour town finds that the tide tables have been wrong for a year. He warns the pilots, who laugh at him, "
                "until a barge runs aground at the hour that he foretold. The tables are printed again and he is given the desk by the window.")


def infbench_sum(index):
    text, summary, points = [(STORY_ORCHARD, STORY_ORCHARD_SUMMARY, STORY_ORCHARD_KEYPOINTS), (STORY_POST, STORY_POST_SUMMARY, STORY_POST_KEYPOINTS)][index]
    context, marked = unmark(text)
    assert not marked and 6 <= len(points) <= 8 and 120 <= len(summary.split()) <= 190
    for _, phrases in points:
        # The expert's summary covers each of the key points by the rule.
        assert any(p.lower() in summary.lower() for p in phrases), phrases
    return row("infbench_sum_builtin", context, [SUMMARY_ASK], [[summary]], {"keypoint_phrases": [p for _, p in points]}, demo=SUMMARY_DEMO, keypoints=[k for k, _ in points])


DETECTIVE_ASK = ('Reply with one line of JSON and nothing else, in the form {"answer": "X. text of the option", "reasoning": "your reasons in one or two sentences"}.')


def detective_qa(index):
    text, asked, clues = [(DETECTIVE_HERON, DETECTIVE_HERON_QA, DETECTIVE_HERON_CLUES), (DETECTIVE_MILL, DETECTIVE_MILL_QA, DETECTIVE_MILL_CLUES)][index]
    context, marked = unmark(text)
    by_key = dict(marked)
    assert len(by_key) == len(marked)
    questions, answers, evidence = [], [], []
    for question, options, right, keys in asked:
        lines = ["%s. %s" % (letter, option) for letter, option in zip("ABCD", options)]
        assert len(lines) == len(set(options)) == 4
        questions.append("%s\n%s\n%s" % (question, "\n".join(lines), DETECTIVE_ASK))
        answers.append([lines[right]])
        evidence.append([by_key[k] for k in keys])
    return row("detective_qa_builtin", context, questions, answers, {"evidence": evidence}, demo="", keypoints=clues)


# ---------------------------------------------------------------------------------------------------------------------------------------
# Labelled utterances: twelve labels a row. Each label has its own core phrases and endings; the beginnings are shared by all of them.

BEGINNINGS = ["hello i need to know about", "could someone tell me about", "quick question about", "please help me with", "i am writing about", "my family would like to ask about", "we talked on monday about",
              "sorry to bother you again with", "i could not find anything on", "this morning i was wondering about", "for the third time i ask about", "is there any news on", "as a regular guest i want to ask about", "a friend sent me here because of"]

ICL = [
    [   # the desk of a ferry line
        (["a suitcase lost on the upper deck", "the lost umbrella i left on the ferry", "my lost luggage with a green strap", "a lost glove near the luggage rack", "lost luggage from the evening boat"], ["and whether it was found", "and where lost things are kept", "since it is full of my papers", "and how to describe it"]),
        (["a refund for my unused ticket", "the refund you promised in march", "getting the money back as a refund", "a refund after the sailing was called off", "half a refund for a child who stayed home"], ["and how many days it takes", "because my bank shows nothing", "and which form to fill in", "and whether fees are kept"]),
        (["the winter timetable of the island boat", "the departure time of the first boat", "the timetable for sundays", "the time at which the last boat departs", "a printed timetable with departure times"], ["because the board is hard to read", "and whether it changes in may", "and when it was last renewed", "as i travel with my mother"]),
        (["taking my dog on board", "a muzzle for a large dog on board", "a dog that is afraid of the engine", "where a dog may sleep on the crossing", "the fare for a puppy or a small dog"], ["and if a lead is enough", "and whether he can stay with me", "and about water for him", "since he is rather old"]),
        (["a bicycle on the car deck", "bringing two bicycles and a trailer", "the rack for bicycles by the ramp", "an electric bicycle with a heavy battery", "a folding bicycle as hand baggage"], ["and if i must lock it", "and how much that costs", "and who will lift it", "and whether a helmet is needed"]),
        (["feeling seasick in rough weather", "pills against being seasick", "the calmest seat for a seasick child", "a bag in case someone is seasick", "ginger tea for seasick passengers"], ["because last time was awful", "and what the crew advises", "and how long the swell lasts", "and whether fresh air helps"]),
        (["a cabin with two berths", "changing my cabin to a quiet one", "the key of the cabin that does not turn", "a cabin with a window for the night", "an upper berth in a shared cabin"], ["and whether it is heated", "and when it can be entered", "and if linen is included", "for one night only"]),
        (["the menu in the ship's restaurant", "a vegetarian meal in the restaurant", "breakfast in the restaurant before landing", "a table for nine in the restaurant", "the price of a hot meal on the menu"], ["and whether one must reserve", "and if children eat free", "and when it closes", "because of an allergy"]),
        (["a wheelchair and the steep ramp", "the lift for wheelchair users", "help with boarding in a wheelchair", "borrowing a wheelchair at the pier", "a wheelchair space near the door"], ["and whom to call first", "and how wide the doors are", "and whether staff will assist", "for my grandfather"]),
        (["a group discount for thirty pupils", "a school group and its discount", "the discount for groups of hikers", "booking a whole group at a discount", "a discount for a choir group"], ["and how many teachers go free", "and whether we pay at once", "and if names are needed", "for a trip in june"]),
        (["the password of the wireless network", "a weak wireless signal in the lounge", "the internet that stops in mid sea", "paying for the wireless internet", "logging in to the internet on board"], ["and whether it works on phones", "and why it is so slow", "and how long a code is valid", "as i must send a report"]),
        (["a job as a deckhand in summer", "the vacancy for a ticket seller", "applying for the job of a steward", "a job interview at the harbour office", "a vacancy in the engine room"], ["and what it pays", "and which papers to bring", "and by when one must apply", "as i leave school soon"]),
    ],
    [   # the desk of a town library with a workshop
        (["renewing a novel for two more weeks", "how to renew three books at once", "a book that i cannot renew", "renewing by telephone", "the number of times one may renew"], ["before it falls due", "and whether someone waits for it", "and what happens after that", "because i read slowly"]),
        (["a fine for a late book", "the fine that was charged twice", "paying a fine in small coins", "an overdue fine from last summer", "the fine for an overdue film"], ["and whether it can be waived", "and why it grew so fast", "and where to pay it", "as i was in hospital"]),
        (["a membership card for my son", "replacing a membership card that broke", "the membership fee for students", "becoming a member without an address", "a membership card with the wrong name"], ["and what proof you need", "and how long it is valid", "and who has to sign", "since we just moved here"]),
        (["the opening hours on saturday", "whether you are open at easter", "the opening hours of the reading room", "how late you stay open in winter", "being open during the town fair"], ["and if that includes the cafe", "because the door was locked", "and who decides that", "as i work at night"]),
        (["a leaking pipe above the shelves", "water leaking through the ceiling", "a leak beside the old radiator", "the bucket under the leaking skylight", "a leak in the washroom"], ["and whether the books are safe", "and who will repair it", "before the paint comes off", "since it dripped on me"]),
        (["reserving a study room", "a quiet room to reserve for an examination", "the study room with the round table", "cancelling the room that i reserved", "reserving the large study room"], ["and for how many hours", "and whether food is allowed", "and who holds the key", "for next wednesday"]),
        (["a printer that eats paper", "printing twenty pages in colour", "the printer on the second floor", "the cost of printing a poster", "printing from a stick at the printer"], ["and how one pays", "and whether both sides work", "and what to do if it jams", "before my bus leaves"]),
        (["story time for toddlers", "the story hour with the puppet", "reading a story aloud at story time", "a story hour in two languages", "story time when it is raining"], ["and from what age", "and whether parents stay", "and if we must sign up", "for my twin girls"]),
        (["the sewing machine in the workshop", "borrowing a drill from the workshop", "a course on the lathe in the workshop", "safety goggles for the workshop", "the workshop and its soldering iron"], ["and who will show me", "and whether material is free", "and how one gets a place", "for a small repair"]),
        (["donating a box of old atlases", "donating my late uncle's books", "a donation of piano scores", "where to leave donated magazines", "donating money for new shelves"], ["and whether you collect", "and what you cannot take", "and if i get a receipt", "before we sell the house"]),
        (["a noisy group near the window", "the noise of the coffee machine", "people who talk loudly and make noise", "noise from the building site", "a noisy phone in the quiet zone"], ["and who will speak to them", "because i cannot concentrate", "and what the rules say", "every single afternoon"]),
        (["an audiobook for a long drive", "downloading an audiobook to my phone", "an audiobook that skips chapters", "listening to audiobooks without a reader", "the newest audiobook by that author"], ["and in which format", "and how long i may keep it", "and whether it needs a code", "for my blind neighbour"]),
    ],
]


def icl(index):
    r = rng("icl", index)
    labels = list(range(12))
    r.shuffle(labels)  # so that the number says nothing about the order below
    examples, asked = [], []
    for (cores, ends), label in zip(ICL[index], labels):
        pairs = [(core, end) for core in cores for end in ends]
        assert len(pairs) == 20
        starts = [BEGINNINGS[(k + label) % len(BEGINNINGS)] for k in range(20)]
        r.shuffle(starts)
        made = ["%s %s %s" % (start, core, end) for start, (core, end) in zip(starts, pairs)]
        examples += [(m, label, core) for m, (core, _) in zip(made, pairs)]
        # A new utterance: a core phrase of this label with a start and an end in a combination not seen above.
        core, end = r.choice(pairs)
        other = [s for s in BEGINNINGS if "%s %s %s" % (s, core, end) not in made]
        asked.append(("%s %s %s" % (r.choice(other), core, end), label, core))
    r.shuffle(examples)
    r.shuffle(asked)
    lines = ["%s\nlabel: %d" % (text, label) for text, label, _ in examples]
    assert len(set(lines)) == len(lines) == 240
    context = "\n\n".join(lines) + "\n"
    assert not re.search(r"[.?!]", context)
    seen = {text for text, _, _ in examples}
    evidence = []
    for text, label, core in asked:
        assert text not in seen
        evidence.append(["%s\nlabel: %d" % (t, l) for t, l, c in examples if l == label and c == core])
        assert len(evidence[-1]) == 4
    return row("icl_builtin_12shot_balance", context, [a[0] for a in asked], [[str(a[1])] for a in asked], {"evidence": evidence})


# ---------------------------------------------------------------------------------------------------------------------------------------
# Film talks: ten moods of eight invented films each. In one row some films of a mood are those that people mention and the others are the
# ones that get recommended; in the other row it is the other way round.

MOODS = [
    ("slow sea stories", ["something slow by the sea", "a quiet film about sailors", "lighthouses and long silences"], ["The Tern Keeper (1961)", "Brackwater Mass (1978)", "Nine Fathoms of Wool (1984)", "A Rope for Evening (1992)", "Low Tide Sacrament (1999)", "The Cormorant Ledger (2004)", "Salt Aunt (2011)", "Harbour of Small Lies (2016)"]),
    ("heist comedies", ["a clever heist that makes me laugh", "a funny film about bad thieves", "crooks who ruin their own plan"], ["Six Crooked Milkmen (1958)", "The Custard Job (1967)", "Vault of Herrings (1975)", "Borrowing the Bishop's Bus (1983)", "Two Left Gloves (1990)", "The Marzipan Heist (1998)", "Steal Me a Tuba (2007)", "Grandmother's Getaway Van (2014)"]),
    ("winter westerns", ["a western with a lot of snow", "riders and frozen rivers", "a cold gunfight in the mountains"], ["Frostbite Saddle (1956)", "Eleven Miles to Ashbone (1964)", "The Pale Bridle (1971)", "Wolfmeat Canyon (1977)", "Sheriff of the White Ford (1986)", "No Fire at Kettle Pass (1995)", "Snowblind Marshal Crew (2006)", "The Hanging Sleigh (2017)"]),
    ("robot tales", ["a film about a kind robot", "machines that learn to feel", "a robot that wants to be left alone"], ["The Tin Confessor (1969)", "Unit Marigold (1979)", "My Brother the Crane (1985)", "Soft Bolts (1991)", "The Gearbox Psalms (1997)", "Rust Lullaby (2003)", "Valve and Violet (2012)", "A Copper Childhood (2019)"]),
    ("haunted house films", ["a haunted house, but not bloody", "a ghost story with a creaking stair", "an old house that remembers"], ["The Upstairs Breathing (1959)", "Wallpaper of Hands (1968)", "Cold Nursery (1974)", "The Lodger Was a Draught (1982)", "Mrs Ashgrove Listens (1989)", "Thirteen Shut Doors (2001)", "The Attic Choir (2010)", "Keys of Morrow House (2018)"]),
    ("food films", ["a warm film about cooking", "a kitchen story with a happy end", "chefs who fall in love over soup"], ["The Saffron Quarrel (1963)", "Butter in August (1973)", "A Spoon for Leopold (1981)", "The Dumpling Bride (1988)", "Pepper Street Wedding (1996)", "Soup of the Third Day (2002)", "The Onion Widow (2009)", "Burnt Sugar Boulevard (2015)"]),
    ("courtroom dramas", ["a trial with a twist", "lawyers shouting in a courtroom", "a jury that cannot agree"], ["The Twelfth Umbrella (1957)", "Objection at Dawn (1966)", "The People against Orla Finch (1972)", "A Verdict for Nobody (1980)", "Chalk Oath (1987)", "The Deaf Juror (1994)", "Silence Is Sustained (2005)", "Hearing in Room Nine (2013)"]),
    ("mountain adventures", ["climbers in trouble", "an adventure on a high peak", "a rescue in the mountains"], ["The Ninth Rope (1960)", "Glacier Brothers (1970)", "Above Mount Sorrel (1976)", "Icebell Ridge (1984)", "The Goatherd's Summit (1993)", "Thin Air Waltz (2000)", "A Ledge Called Mercy (2008)", "Descent from Varn Tooth (2016)"]),
    ("musical love stories", ["a musical romance", "two musicians who cannot stand each other", "songs and kissing, please"], ["Duet for Rainy Trams (1955)", "The Oboe Kiss (1965)", "Moonlit Accordion (1974)", "Sing Low, Rosalind Park (1983)", "The Metronome Affair (1990)", "A Waltz Owed (1999)", "Chorus of Two Balconies (2007)", "Harmonica Bay (2018)"]),
    ("spy stories", ["a clever spy story without explosions", "double agents and trench coats", "spies who send letters in code"], ["The Lisbet Cipher (1962)", "A Cold Cup in Vorna (1969)", "Our Man's Umbrella (1976)", "The Dead Postbox (1982)", "Grey Hat, Grey Gloves (1991)", "Nobody's Handwriting (1998)", "The Seventh Sleeper Train (2006)", "Invisible Ink Weather (2014)"]),
]

REC_OPEN = ["System: Hello, what kind of film are you looking for?", "System: Hi there, what are you in the mood for tonight?", "System: Good evening! Tell me what you like to watch.", "System: Welcome back. What shall we find for you today?", "System: Hi! Any wishes for a film this weekend?"]
REC_ASK = ["User: I would love {mood}. {seed} is one of my favourites.", "User: Hello! I am after {mood}, a bit like {seed}.", "User: My sister and I saw {seed} last week, so now we want {mood}.", "User: I keep going back to {seed}. Is there more of that, I mean {mood}?",
           "User: Nothing too loud, just {mood}. I really enjoyed {seed}.", "User: Do you know {seed}? I want {mood} again.", "User: It is raining, and I feel like {mood}. {seed} was perfect for that."]
REC_FIRST = ["System: Then you should see {a}, and after it {b}.", "System: People who like that usually enjoy {a} or {b}.", "System: I would begin with {a}. If you have time for two, add {b}.", "System: Have you seen {a}? {b} goes in the same direction.", "System: My two picks for you are {a} and {b}.",
             "System: For that mood nothing beats {a}, though {b} comes close.", "System: Try {a} first. {b} is the one to watch with friends."]
REC_REPLY = ["User: I have not seen either of them. What is the first one like?", "User: The second one I know by name only. Is it very long?", "User: Both are new to me, how nice. Would my father like them?", "User: Oh, I heard about that one from a colleague! Anything else?", "User: I saw a poster once. Is it sad at the end?",
             "User: Great, my evening is saved. Do you have one more for Sunday?", "User: I trust you. Just one more, please, for the train."]
REC_SECOND = ["System: You will like it. It takes its time, and the ending is gentle. Another good one is {c}.", "System: It is under two hours and very well played. I would also put {c} on the list.", "System: It is a safe choice for everybody. For later, remember {c}.", "System: There is one that hardly anybody knows, and that is {c}.",
              "System: A little sad, but in a good way. To cheer up afterwards I suggest {c}.", "System: Of course. For a second evening take {c}, which has the same flavour.", "System: The actors alone are worth it. And do not miss {c}."]
REC_THANKS = ["User: Wonderful, I will watch it tonight. Thank you!", "User: Thanks, that is my weekend planned.", "User: Perfect, I am writing these down. Bye!", "User: You have never let me down so far. Good night!", "User: That sounds just right, thank you so much.", "User: All right, I will let you know how I liked it."]
REC_CLOSE = ["System: Enjoy it!", "System: Have a lovely evening.", "System: You are welcome, come back soon.", "System: Enjoy the film, and do not forget the popcorn.", "System: Good night, and happy watching."]

DBPEDIA = "<http://dbpedia.org/resource/%s>"


def film_ids():
    r = rng("films")
    titles = [t for _, _, films in MOODS for t in films]
    ids = sorted(r.sample(range(509, 23562), len(titles)))
    r.shuffle(ids)
    out = {}
    for n, (title, number) in enumerate(zip(titles, ids)):
        bare = title[:-7]
        if n % 3 == 0 and "-" not in bare:
            key = DBPEDIA % (bare.replace(" ", "_") + "_(%s_film)" % title[-5:-1])
        elif n % 3 == 1:
            key = DBPEDIA % bare.replace(" ", "_")
        else:
            key = title
        out[key] = (number, title)
    names = {re.sub(r" +", " ", re.sub(r"\([^()]*\)", "", re.sub("[_>-]", " ", k.split("/")[-1]))).strip() for k in out}
    assert names == {t[:-7] for t in titles} and len(names) == len(titles) == 80
    return out


def recsys(index, films):
    r = rng("films", index)
    number = {title: str(i) for i, title in films.values()}
    turns = {}

    def cycle(key, options):
        if not turns.get(key):
            turns[key] = r.sample(options, len(options))
        return turns[key].pop()

    talks, gold = [], {}
    for m, (mood, wishes, titles) in enumerate(MOODS):
        half = titles[0::2] if index == 0 else titles[1::2]
        seeds = [t for t in titles if t not in half]
        gold[mood] = half[: 2 + (m + index) % 3]
        pairs = []
        for k in range(4):
            a = gold[mood][k % len(gold[mood])]
            b = gold[mood][(k + 1) % len(gold[mood])]
            c = gold[mood][(k + 2) % len(gold[mood])] if len(gold[mood]) > 2 else None
            pairs.append((a, b, c, seeds[k]))
        for k, (a, b, c, seed) in enumerate(pairs):
            lines = [cycle("open", REC_OPEN), cycle("ask", REC_ASK).format(mood=wishes[k % 3], seed=seed), cycle("first", REC_FIRST).format(a=a, b=b), cycle("reply", REC_REPLY)]
            second = cycle("second", REC_SECOND)
            lines.append(second.format(c=c) if c else "System: It is a fine one, believe me. %s is still the first that I would see." % a)
            lines += [cycle("thanks", REC_THANKS), cycle("close", REC_CLOSE)]
            talks.append((mood, lines))
    r.shuffle(talks)
    context = "\n\n".join("Dialogue %d:\n%s" % (n + 1, "\n".join(lines)) for n, (_, lines) in enumerate(talks))
    questions, answers, evidence = [], [], []
    for m in range(5):
        mood, wishes, titles = MOODS[m * 2 + index]
        seeds = [t for t in titles if t not in (titles[0::2] if index == 0 else titles[1::2])]
        lines = [REC_OPEN[(m + index) % 5], "User: Hello. Last month I watched %s and then %s, and I liked them both. I would be glad of %s." % (seeds[(m + 1) % 4], seeds[(m + 2) % 4], wishes[m % 3])]
        if m % 2:
            lines += ["System: Good taste. Is there anything that you do not want?", "User: Nothing that I have seen already. The rest I leave to you."]
        questions.append("\n".join(lines) + "\nSystem: ")
        ids = [number[t] for t in gold[mood]]
        answers.append(ids)
        said = [line for _, talk in talks for line in talk if line.startswith("System") and any(t in line for t in gold[mood])]
        evidence.append(list(dict.fromkeys(s for s in said if context.count(s) == 1)))
        for t in gold[mood]:
            assert t not in questions[-1] and any(t in s for s in evidence[-1]), t
        # Nothing but the gold films of this mood is recommended in its talks.
        others = [t for t in titles if t not in gold[mood]]
        assert not any(t in line for _, talk in talks for line in talk if line.startswith("System") for t in others)
    return row("recsys_redial_builtin", context, questions, answers, {"evidence": evidence})


# ---------------------------------------------------------------------------------------------------------------------------------------
# Numbered facts, some of which a later line corrects

LANGUAGES = words("Orrish; Low Tarnsian; Vellic; Old Pendric; Marsh Cant; Hill Norrish; Skarran; Isk Dialect; Drumlayan; Quennish; Fennic; Upper Vosgic; Harbour Creole; Yarmish")
PROVINCES = words("Northmark; the Sallow Reach; Greywater; the Heron Coast; Upper Isk; Stoneland; the Low Vale; Thornmarch; the Amber Hills; Westfen")
GUILDS = words("""
Guild of Lamplighters; Society of Night Porters; Company of Rope Walkers; Union of Beekeepers; Chamber of Tide Readers; League of Bell Founders; Office of Lost Maps; Brotherhood of Ferrymen; Institute of Fog;
Academy of Knots; Bureau of Small Bridges; Order of Glass Menders; Association of Kite Pilots; Exchange of Salt Traders; College of Weathercocks; Fellowship of Well Diggers
""")
ANIMALS = words("silver pike; black ram; red heron; blind owl; green toad; leaping hare; grey goose; white stag; crowned eel; sleeping fox; two bees; golden mole; tame bear; blue crane; old wolf; striped cat; brown trout; stork")
WEEKDAYS = words("Monday; Tuesday; Wednesday; Thursday; Friday; Saturday; Sunday")

# relation: (kind of subject, sentence, question about it, where values come from)
RELATIONS = {
    "lives": ("person", "{s} lives in the town of {v}.", "In which town does {s} live?", "town"),
    "born": ("person", "{s} was born in {v}.", "Where was {s} born?", "town"),
    "trade": ("person", "The trade of {s} is that of {av}.", "What is the trade of {s}?", TRADES),
    "spouse": ("person", "{s} is married to {v}.", "To whom is {s} married?", "person"),
    "instrument": ("person", "The instrument played by {s} is the {v}.", "Which instrument is played by {s}?", INSTRUMENTS),
    "employer": ("person", "{s} is employed by the {v}.", "By which body is {s} employed?", "guild"),
    "dish": ("person", "The favourite dish of {s} is {v}.", "What is the favourite dish of {s}?", DISHES),
    "speaks": ("person", "At home {s} speaks {v}.", "What does {s} speak at home?", LANGUAGES),
    "mentor": ("person", "The mentor of {s} is {v}.", "Who is the mentor of {s}?", "person"),
    "pet": ("person", "{s} keeps {av} as a pet.", "What does {s} keep as a pet?", PETS),
    "collects": ("person", "{s} has a collection of {v}.", "Of what does {s} have a collection?", COLLECTIONS),
    "mayor": ("town", "The mayor of {s} is {v}.", "Who is the mayor of {s}?", "person"),
    "province": ("town", "{s} lies in the province of {v}.", "In which province does {s} lie?", PROVINCES),
    "product": ("town", "The town of {s} is famous for its {v}.", "For what is the town of {s} famous?", PRODUCTS),
    "river": ("town", "The river that flows through {s} is the {v}.", "Which river flows through {s}?", RIVERS),
    "founder": ("town", "The town of {s} was founded by {v}.", "Who founded the town of {s}?", "person"),
    "market": ("town", "The market of {s} is held on {v}.", "On which day is the market of {s} held?", WEEKDAYS),
    "seat": ("guild", "The headquarters of the {s} are in {v}.", "Where are the headquarters of the {s}?", "town"),
    "director": ("guild", "The director of the {s} is {v}.", "Who is the director of the {s}?", "person"),
    "since": ("guild", "The {s} has existed since the year {v}.", "Since which year has the {s} existed?", "year"),
    "emblem": ("guild", "The emblem of the {s} shows {av}.", "What does the emblem of the {s} show?", ANIMALS),
    "author": ("work", "The author of the novel {s} is {v}.", "Who is the author of the novel {s}?", "person"),
    "set": ("work", "The novel {s} is set in {v}.", "Where is the novel {s} set?", "town"),
    "dedicated": ("work", "The novel {s} is dedicated to {v}.", "To whom is the novel {s} dedicated?", "person"),
    "capital": ("province", "The capital of {s} is {v}.", "What is the capital of {s}?", "town"),
    "governor": ("province", "The governor of {s} is {v}.", "Who is the governor of {s}?", "person"),
    "tongue": ("province", "The official language of {s} is {v}.", "What is the official language of {s}?", LANGUAGES),
}

# Chains of two or three hops: relations in order, and the question.
CHAINS = [
    (("lives", "mayor"), "Who is the mayor of the town where {s} lives?"),
    (("author", "born"), "Where was the author of the novel {s} born?"),
    (("employer", "director"), "Who directs the body by which {s} is employed?"),
    (("spouse", "trade"), "What is the trade of the person to whom {s} is married?"),
    (("capital", "product"), "For what is the capital of {s} famous?"),
    (("director", "pet"), "What does the director of the {s} keep as a pet?"),
    (("set", "river"), "Which river flows through the town in which the novel {s} is set?"),
    (("mentor", "instrument"), "Which instrument is played by the mentor of {s}?"),
    (("mayor", "spouse"), "To whom is the mayor of {s} married?"),
    (("seat", "province"), "In which province lies the town with the headquarters of the {s}?"),
    (("governor", "collects"), "Of what does the governor of {s} have a collection?"),
    (("dedicated", "employer", "emblem"), "What does the emblem of the body that employs the person to whom the novel {s} is dedicated show?"),
    (("founder", "speaks"), "What does the founder of the town of {s} speak at home?"),
    (("author", "lives", "mayor"), "Who is the mayor of the town where the author of the novel {s} lives?"),
    (("born", "market"), "On which day is the market held in the town where {s} was born?"),
    (("employer", "seat", "founder"), "Who founded the town with the headquarters of the body by which {s} is employed?"),
]

TOTAL_FACTS = 420


def fact_pool(index):
    r = rng("facts", index)
    folk = people(r, 48)
    towns = r.sample(TOWNS, 20)
    novels = r.sample(TITLES, 12)
    guilds = r.sample(GUILDS, 10)
    provinces = list(PROVINCES[:6])
    subjects = {"person": folk, "town": towns, "guild": guilds, "work": novels, "province": provinces}
    share = {"person": 3, "town": 4, "guild": 4, "work": 3, "province": 3}
    pools = {"person": folk, "town": towns, "guild": guilds, "year": [str(y) for y in range(1702, 1899, 7)]}

    def values(relation):
        pool = RELATIONS[relation][3]
        if pool is PROVINCES:
            return provinces
        return pools[pool] if isinstance(pool, str) else pool

    keys = []
    for kind, names in subjects.items():
        relations = [k for k, v in RELATIONS.items() if v[0] == kind]
        for name in names:
            for relation in sorted(r.sample(relations, min(share[kind], len(relations))), key=relations.index):
                keys.append((name, relation))
    versions = {k: [] for k in keys}

    def add(key):
        name, relation = key
        while True:
            value = r.choice(values(relation))
            old = versions[key]
            if value != name and value not in old and not any(norm(value) in norm(o) or norm(o) in norm(value) for o in old):
                old.append(value)
                return

    for key in keys:
        add(key)
    corrected = r.sample(keys, 56)
    for key in corrected:
        add(key)
    for key in r.sample(corrected, 10):
        add(key)

    latest = lambda key: versions[key][-1]
    first = lambda key: versions[key][0]

    def walk(start, hops, pick):
        path, here = [], start
        for hop in hops:
            key = (here, hop)
            if key not in versions:
                return None
            path.append(key)
            here = pick(key)
        return path, here

    chains = []
    for hops, ask in CHAINS:
        kind = RELATIONS[hops[0]][0]
        names = list(subjects[kind])
        r.shuffle(names)
        found = None
        for name in names:
            # The chain is completed where only its later links are missing; the first link must be there.
            if (name, hops[0]) not in versions:
                continue
            here = name
            for hop in hops:
                key = (here, hop)
                if key not in versions:
                    versions[key] = []
                    add(key)
                here = latest(key)
            path, end = walk(name, hops, latest)
            if not any(len(versions[k]) > 1 for k in path):
                key = r.choice(path[:-1])
                add(key)
                here = name
                for hop in hops:
                    key = (here, hop)
                    if key not in versions:
                        versions[key] = []
                        add(key)
                    here = latest(key)
                path, end = walk(name, hops, latest)
            stale = walk(name, hops, first)
            question = ask.format(s=name)
            if (stale is None or stale[1] != end) and len({k[0] for k in path}) == len(path) and not once(end, norm(question)):
                found = (hops, question, name)
                break
        if found:
            chains.append(found)
    return r, versions, chains, walk, latest, first, add, values


def sentence(key, value):
    name, relation = key
    text = RELATIONS[relation][1].format(s=name, v=value, av=value if value.startswith("two ") else article(value))
    return text[0].upper() + text[1:]


HEADINGS = ["Here is a list of facts. Each line has a serial number, and a later line replaces an earlier one that it contradicts.",
            "The following facts were written down one after another. Where two of them disagree, the one with the larger number holds."]


def factconsolidation(index):
    r, versions, chains, walk, latest, first, add, values = fact_pool(index)
    # Further corrections and facts up to the wished number of lines.
    total = sum(len(v) for v in versions.values())
    assert total <= TOTAL_FACTS, total
    needed = set()
    for hops, _, name in chains:
        whole = walk(name, hops, latest)
        needed.update(whole[0] if whole else [])
    free = sorted(k for k in versions if len(versions[k]) == 1 and k not in needed)
    for key in r.sample(free, TOTAL_FACTS - total):
        add(key)
    slots = [key for key in sorted(versions) for _ in versions[key]]
    r.shuffle(slots)
    seen, lines, number_of = {}, [], {}
    for n, key in enumerate(slots):
        version = seen.get(key, 0)
        seen[key] = version + 1
        lines.append("%d. %s" % (n, sentence(key, versions[key][version])))
        number_of[key] = n
    assert len(lines) == TOTAL_FACTS and len({l.split(". ", 1)[1] for l in lines}) == TOTAL_FACTS
    context = HEADINGS[index] + "\n" + "\n".join(lines)

    def read_back(key):
        """The value by the rule, from the text alone: the last line of this subject and relation."""
        before, after = RELATIONS[key[1]][1].format(s=key[0], v="\0", av="\0").split("\0")
        before = before[0].upper() + before[1:]
        hits = [l.split(". ", 1)[1] for l in lines]
        hits = [h[len(before):len(h) - len(after)] for h in hits if h.startswith(before) and h.endswith(after)]
        assert len(hits) == len(versions[key]), key
        return re.sub("^an? ", "", hits[-1]) if "{av}" in RELATIONS[key[1]][1] else hits[-1]

    # Single hop: corrected facts, one of each of twelve relations, spread over the places of the winning line.
    contested = sorted(k for k in versions if len(versions[k]) > 1)
    r.shuffle(contested)
    by_part = sorted(contested, key=lambda k: number_of[k])
    sh, used = [], set()
    for part in range(12):
        piece = by_part[part * len(by_part) // 12:(part + 1) * len(by_part) // 12]
        piece.sort(key=lambda k: (k[1] in used, -len(versions[k])))
        key = next(k for k in piece if not any(k[0] == s[0] for s in sh) and not once(latest(k), norm(RELATIONS[k[1]][2].format(s=k[0]))))
        used.add(key[1])
        sh.append(key)
    questions, answers, evidence = [], [], []
    for key in sh:
        assert read_back(key) == latest(key)
        questions.append(RELATIONS[key[1]][2].format(s=key[0]))
        answers.append([re.sub("^the ", "", latest(key))])
        evidence.append([lines[number_of[key]]])
    single = row("factconsolidation_sh_builtin", context, questions, answers, {"evidence": evidence})

    questions, answers, evidence = [], [], []
    r.shuffle(chains)
    for hops, question, name in chains:
        if len(questions) == 8:
            break
        whole = walk(name, hops, latest)
        if whole is None:
            continue  # a later chain corrected a link of this one
        path, end = whole
        stale = walk(name, hops, first)
        if not any(len(versions[k]) > 1 for k in path) or (stale and stale[1] == end):
            continue
        here = name
        for key in path:
            assert key[0] == here
            here = read_back(key)
        assert here == end and not once(end, norm(question))
        questions.append(question)
        answers.append([re.sub("^the ", "", end)])
        evidence.append([lines[number_of[k]] for k in path])
    assert len(questions) == 8 and len(sh) == 12
    multi = row("factconsolidation_mh_builtin", context, questions, answers, {"evidence": evidence})
    assert single["context"] == multi["context"]
    return single, multi


# ---------------------------------------------------------------------------------------------------------------------------------------
# All of it

EXPECTED = {  # source: (rows, questions a row)
    "ruler_qa1_builtin": (3, 8), "ruler_qa2_builtin": (3, 6), "longmemeval_s_builtin": (3, 6), "eventqa_builtin": (2, 8),
    "icl_builtin_12shot_balance": (2, 12), "recsys_redial_builtin": (2, 5), "infbench_sum_builtin": (2, 1), "detective_qa_builtin": (2, 4),
    "factconsolidation_sh_builtin": (2, 12), "factconsolidation_mh_builtin": (2, 8),
}
LONGMEM_TYPES = {"single-session-user", "single-session-assistant", "single-session-preference", "multi-session", "temporal-reasoning", "knowledge-update"}


def check(data, films):
    """What a reader may rely on."""
    rows = [r for part in data.values() for r in part]
    for source, (count, asked) in EXPECTED.items():
        found = [r for r in rows if r["metadata"]["source"] == source]
        assert len(found) == count and all(len(r["questions"]) == asked for r in found), source
    assert {r["metadata"]["source"] for r in rows} == set(EXPECTED)
    ids = {str(number) for number, _ in films.values()}
    for r in rows:
        source, context, meta, rules = r["metadata"]["source"], r["context"], r["metadata"], r["rules"]
        n = len(r["questions"])
        assert len(context) > 2000 and len(r["answers"]) == n and list(meta) == METADATA
        assert all(q for q in r["questions"]) and all(a and all(a) for a in r["answers"])
        assert len(set(r["questions"])) == n, source
        for field in ("qa_pair_ids", "question_dates", "question_ids", "question_types", "previous_events", "haystack_sessions"):
            assert meta[field] is None or len(meta[field]) == n, field
        assert all(ord(c) < 128 for c in json.dumps(r, ensure_ascii=False)), source
        flat = collapse(context)
        if source.startswith("infbench"):
            assert "evidence" not in rules and len(rules["keypoint_phrases"]) == len(meta["keypoints"])
        else:
            assert len(rules["evidence"]) == n
            for question, places in zip(r["questions"], rules["evidence"]):
                absent = source.startswith("longmemeval") and "_abs" in meta["question_ids"][r["questions"].index(question)]
                assert bool(places) != absent, question
                for place in places:
                    assert flat.count(collapse(place)) == 1, place
        if source.startswith("longmemeval"):
            assert set(rules) == {"evidence", "accepted", "rejected"} and len(rules["accepted"]) == len(rules["rejected"]) == n
            assert any(i.endswith("_abs") for i in meta["question_ids"]) and set(meta["question_types"]) <= LONGMEM_TYPES
        elif not source.startswith("infbench"):
            assert set(rules) == {"evidence"}
        if source.startswith("recsys"):
            assert all(i in ids for a in r["answers"] for i in a) and all(q.endswith("System: ") for q in r["questions"])
            assert all(2 <= len(a) <= 4 and len(set(a)) == len(a) for a in r["answers"])
        elif source.split("_")[0] not in ("eventqa", "detective", "infbench", "icl"):
            for question, answer in zip(r["questions"], r["answers"]):
                if answer[0] not in ("yes", "no"):
                    assert not any(once(a, norm(question.split("Question: ")[-1])) for a in answer), (question, answer)
    kinds = {t for r in rows for t in r["metadata"]["question_types"] or []}
    assert kinds == LONGMEM_TYPES, kinds
    single = [r["context"] for r in rows if r["metadata"]["source"] == "factconsolidation_sh_builtin"]
    multi = [r["context"] for r in rows if r["metadata"]["source"] == "factconsolidation_mh_builtin"]
    assert single == multi and single[0] != single[1]
    assert not {name.lower() for name in LAST} & WELL_KNOWN
    assert all(len(set(pool)) == len(pool) for pool in (FIRST, LAST, TOWNS, TITLES))


def main():
    films = film_ids()
    facts = [factconsolidation(i) for i in range(2)]
    data = {
        "Accurate_Retrieval": [ruler_qa1(i) for i in range(3)] + [ruler_qa2(i) for i in range(3)] + [longmemeval(i) for i in range(3)] + [eventqa(i) for i in range(2)],
        "Test_Time_Learning": [icl(i) for i in range(2)] + [recsys(i, films) for i in range(2)],
        "Long_Range_Understanding": [infbench_sum(i) for i in range(2)] + [detective_qa(i) for i in range(2)],
        "Conflict_Resolution": [f[0] for f in facts] + [f[1] for f in facts],
    }
    check(data, films)
    os.makedirs(OUT, exist_ok=True)
    for name, rows in data.items():
        with open(os.path.join(OUT, name + ".jsonl"), "w", encoding="utf-8", newline="\n") as out:
            for r in rows:
                out.write(json.dumps(r, ensure_ascii=False) + "\n")
    with open(os.path.join(OUT, "entity2id.json"), "w", encoding="utf-8", newline="\n") as out:
        json.dump({key: number for key, (number, _) in films.items()}, out, ensure_ascii=False, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
