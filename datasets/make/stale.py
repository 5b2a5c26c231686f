#!/usr/bin/env python3
"""Writes the builtin implicit-conflict scenarios: 40 short chat histories in which a later remark silently outdates an earlier one.

    python3 datasets/make/stale.py            # writes datasets/builtin/stale/{scenarios.json,labelled.jsonl}
    python3 datasets/make/stale.py --check    # compares the files there with what would be written

Only the standard library, one fixed seed: the same bytes on every machine. All texts were written for this project.
The texts stand first (fillers, then scenarios T1, T2), the building and its many checks at the end.
"""

import argparse
import collections
import datetime
import json
import pathlib
import random
import re

SEED = 20_270
OUT = pathlib.Path(__file__).resolve().parent.parent / "builtin" / "stale"

# Words that say of a state that it is past. An answer to dim1 or dim2 passes with one of them, or with a phrase of the new state.
OUTDATED = [
    "no longer", "out of date", "outdated", "not anymore", "not any more", "anymore", "any more",
    "has changed", "have changed", "used to",
]
# Openings that say the old state holds; safe, since every dim1 query is put so that "yes" means the old state.
STILL = ["yes, the user still", "yes, you still", "yes, that still", "yes, it still", "yes, they still"]

# topic: one of forty, each used once. avoid: tags of fillers that come too near. old, new: the two remarks, word for word in the history.
# shared: content words that q3 has in common with new ("" = none). state: phrases of the new state, never said while the old one
# holds. plan: further phrases of an answer to q3 that follows the new state. gone: phrases of an answer to q3 that follows the old one.
# current, stale: three answers each (dim1, dim2, dim3).
scenario = collections.namedtuple(
    "scenario", "topic avoid old new why q1 q2 q3 shared old_session new_session state plan gone current stale")

FILLERS = """
# math
U: What is 17 percent of 240?
A: 40.8.

# math
U: How do I check quickly whether 5,832 divides by 9?
A: Add the digits: 5 + 8 + 3 + 2 = 18, and 18 divides by 9, so it does.
U: Does the same trick work for 3?
A: Yes, with the digit sum divided by 3.

# math
U: Explain the median in one sentence.
A: It is the middle value when all numbers are put in order.
U: And with an even count?
A: Take the average of the two middle values.

# math
U: How many diagonals does a hexagon have?
A: Nine.

# math
U: Is 221 a prime number?
A: It is the product of 13 and 17, so it is composite.

# math
U: Convert 68 degrees Fahrenheit to Celsius.
A: It is 20 degrees Celsius.

# math
U: What is the chance of rolling at least one six with two dice?
A: Eleven out of thirty-six, about 31 percent.
U: Why is it less than a third?
A: The double six would be counted twice if you simply added the two chances.

# math
U: What does the golden ratio equal?
A: About 1.618.

# math
U: How do Roman numerals write 1949?
A: MCMXLIX.
U: And 2024?
A: MMXXIV.

# math
U: Give me a neat way to square 35 in my head.
A: Multiply 3 by 4 to get 12, then write 25 behind it: 1225.

# words
U: What is a palindrome?
A: A word or phrase that reads the same in both directions, such as level.
U: Give me two more.
A: Rotor and civic.

# words
U: Is it 'fewer' or 'less' mistakes?
A: Fewer, because mistakes can be counted.

# words
U: What does the word 'lukewarm' come from?
A: The first part is an old word that meant tepid, so it says warm twice.

# words
U: Give me a synonym for 'stubborn' that sounds kind.
A: Steadfast.
U: And one that sounds unkind?
A: Pigheaded.

# words
U: How do I use a semicolon?
A: Put it between two full sentences that belong closely together.

# words
U: What is an oxymoron?
A: Two words that contradict each other, like deafening hush.

# words
U: Which is correct, 'affect' or 'effect', in 'the ___ was small'?
A: Effect, since a noun is needed there.
U: And as a verb?
A: Usually affect.

# words
U: What is the plural of 'octopus'?
A: Octopuses is the common form in English.

# words
U: Write a limerick about a lost umbrella.
A: An umbrella set out on a spree, It was blown from the pier to the sea. It sailed with great grace To a faraway place, And sheltered a gull and a flea.

# words
U: What does 'per se' mean?
A: In itself, taken on its own.

# words
U: Help me make this polite: Send me the file.
A: Could you please send me the file when you have a moment?

# words
U: Name a word that has all five vowels in order.
A: Facetious.
U: Is there a shorter one?
A: Caesious is one letter shorter, a rare word for bluish grey.

# science
U: Why is the sky blue?
A: Air scatters short blue waves of sunlight more than long red ones.
U: And why is sunset red?
A: The light crosses more air then, and most of the blue has been scattered away.

# science
U: What makes iron rust?
A: Iron reacts with oxygen when moisture is around.

# science
U: How does a magnet lose its strength?
A: Strong heat or hard knocks disturb the order inside it.

# science
U: Why do ships of steel float?
A: Their hull pushes aside as much water as the whole ship weighs.

# science
U: What is an isotope?
A: An atom of the same element with a different number of neutrons.
U: One example?
A: Carbon-14 beside the common carbon-12.

# science
U: Why does a glass crack when hot liquid is poured in?
A: The inside expands faster than the outside, and the strain breaks it.

# science
U: What is the pH of pure water?
A: Seven, at room temperature.

# science
U: Explain static electricity to a ten-year-old.
A: Rubbing moves tiny charges from one thing to another, and they want to jump back.

# science
U: How fast does sound travel in air?
A: About 340 metres per second.
U: So how far is lightning if I count six seconds?
A: Roughly two kilometres.

# science
U: What is the hardest natural mineral?
A: Diamond.

# science
U: Why do soap bubbles show colours?
A: Light bounces off both sides of the thin film and the two waves mix.

# science
U: What does a catalyst do?
A: It speeds up a reaction and is still there at the end.

# space
U: How many moons does Mars have?
A: Two, Phobos and Deimos.
U: Are they round?
A: They look more like lumpy stones.

# space
U: Which planet has the longest day?
A: Venus, where one turn takes about 243 Earth days.

# space
U: What is a light year?
A: The distance that light covers in a year, about nine and a half trillion kilometres.

# space
U: How do I find the North Star?
A: Follow the two outer stars of the Plough's pan about five times their distance.

# space
U: Why does the Moon always show the same face?
A: It turns once around itself in the same span as it goes once around Earth.

# space
U: What are Saturn's rings made of?
A: Mostly pieces of ice, from grains to boulders.

# space
U: When is the next leap year after 2025?
A: 2028.

# geo
U: Which is the longest river in South America?
A: The Amazon.

# geo
U: What is the capital of Mongolia?
A: Ulaanbaatar.
U: Is it cold there?
A: It is among the coldest capitals in the world.

# geo
U: How many time zones does China use?
A: One, officially.

# geo
U: Which two countries share the island of Hispaniola?
A: Haiti and the Dominican Republic.

# geo
U: What is an isthmus?
A: A narrow strip of land that joins two larger pieces.
U: A famous one?
A: The one of Panama.

# geo
U: Which desert is the driest?
A: The Atacama, leaving the polar regions aside.

# geo
U: What is the smallest country in the world?
A: Vatican City.

# geo
U: Name three landlocked countries in Africa.
A: Chad, Mali and Zambia.

# geo
U: Where is the Bay of Fundy, and why is it known?
A: In eastern Canada; it has the highest tides on Earth.

# history
U: Who built Hadrian's Wall?
A: Roman soldiers, from the year 122 on.
U: How long is it?
A: About 117 kilometres.

# history
U: When was paper invented?
A: In China, roughly two thousand years ago.

# history
U: What was the Rosetta Stone good for?
A: It shows one text in three scripts, which helped to read hieroglyphs.

# history
U: Which came first, the telephone or the typewriter?
A: The typewriter, by several years.

# history
U: What did a medieval guild do?
A: It set rules, prices and training for one craft in one town.

# history
U: Why is the Bronze Age called that?
A: Tools were made of bronze, a mix of copper and tin.

# history
U: Who was Ibn Battuta?
A: A traveller of the fourteenth century who went from Morocco to China and wrote about it.

# history
U: What was a scriptorium?
A: The place in a monastery where manuscripts were copied.

# craft
U: How do I fold a paper crane so that the wings are even?
A: Crease each fold twice and check the corners before you go on.
U: Which paper is best?
A: Thin square paper with a little stiffness.

# craft
U: What is the difference between knitting and crochet?
A: Knitting holds many loops on two needles, crochet keeps one loop on a hook.

# craft
U: How do I stop a wooden ruler from slipping?
A: Glue a thin strip of cork to its underside.

# craft
U: Which knot joins two ropes of different thickness?
A: The sheet bend.
U: Is it easy to undo?
A: Yes, push the bent part back and it loosens.

# craft
U: How do I get candle wax off a table?
A: Chill it with ice, lift it with a plastic card and wipe with warm soapy water.

# craft
U: What glue holds ceramic to ceramic?
A: A two-part epoxy.
U: How long must it set?
A: Leave it for a full day to be sure.

# craft
U: How can I make invisible ink?
A: Write with lemon juice, let it dry, and warm the paper gently to read it.

# craft
U: How do I bind a small booklet by hand?
A: Fold the sheets, punch three holes along the crease and sew with a figure of eight.

# craft
U: What can I make from old jam jars?
A: Lanterns, pen holders or a small terrarium.

# craft
U: How do I print with a cut linoleum block?
A: Roll on a thin coat of ink, lay the sheet on top and rub evenly with a spoon.

# games
U: How many squares are there on a chess board, counting all sizes?
A: 204.

# games
U: What beats a full house in cards?
A: Four of a kind, and any straight flush.

# games
U: Give me a riddle with a short answer.
A: What has teeth but cannot bite? A comb.
U: One more, please.
A: What gets wetter the more it dries? A towel.

# games
U: Explain castling in two sentences.
A: The king moves two squares towards a rook, and the rook jumps to his other side. Neither may have moved before, and the king may not pass through check.

# games
U: How many tiles does a set of dominoes have?
A: Twenty-eight in the standard double-six set.

# games
U: Suggest a word game for a long queue.
A: Take turns naming places, each starting with the last letter of the one before.

# games
U: What is a good first move in noughts and crosses?
A: A corner, since it leaves the other side most chances to slip.

# nature
U: Why do leaves turn red in autumn?
A: The green fades, and some trees make red pigments at the same time.

# nature
U: How old can an oak get?
A: Several hundred years, some pass a thousand.
U: Which tree gets even older?
A: Some pines and yews live for several thousand years.

# nature
U: Do owls turn their heads all the way round?
A: Not quite, but about three quarters of a circle.

# nature
U: What is the difference between a frog and a toad?
A: Frogs tend to be smooth and leap, toads tend to be warty and crawl.

# nature
U: How do whales sleep?
A: One half of the brain rests while the other stays awake.

# nature
U: Why do cicadas come out after many years?
A: Long cycles of a prime number of years may help them to miss their enemies.

# nature
U: How do geckos climb smooth walls?
A: Millions of tiny hairs on their toes cling to the surface.
U: Does it work when it is wet?
A: Much less well.

# nature
U: What is moss, a plant or a fungus?
A: A plant, though one that has no true roots.

# nature
U: How many hearts does a squid have?
A: Three.

# nature
U: Which mushroom glows in the dark?
A: Several do, for example the jack-o'-lantern mushroom.

# tech
U: What does the file ending csv mean?
A: Comma-separated values.
U: Can such a file hold colours?
A: It holds plain text alone.

# tech
U: How do I take the last word of each line in a spreadsheet?
A: Search for the last space from the right and take what follows it.

# tech
U: What is a checksum?
A: A short number computed from a file, so that changes can be noticed.

# tech
U: Is a longer password better than one full of symbols?
A: Length helps more; four random words are a sound choice.

# tech
U: What is the binary form of 19?
A: 10011.
U: And of 32?
A: 100000.

# tech
U: How do I freeze the top row of a table in a spreadsheet?
A: Open the view menu and choose to freeze one row.

# tech
U: What does RAM stand for?
A: Random access memory.

# tech
U: How do I rename many pictures at once?
A: Mark them all and give one name; most systems then add a running number.

# tech
U: What is the difference between a bitmap and a vector image?
A: A bitmap stores dots, a vector image stores shapes, so the latter scales cleanly.

# office
U: Write a subject line for an invitation to a short survey.
A: Two minutes of your opinion, please.

# office
U: How do I end a formal letter to someone whose name I know?
A: Yours sincerely.
U: And if I do not have the name?
A: Yours faithfully.

# office
U: Give me three headings for meeting minutes.
A: Decisions, open points, next steps.

# office
U: How do I say in a mail that I will answer later?
A: Thank you for your message; I will come back to you by the end of tomorrow.

# office
U: What is a SWOT table?
A: Four fields: strengths, weaknesses, opportunities and threats.

# office
U: Name a good font for a poster that is read from far away.
A: A bold sans serif with open letters.
U: How large should it be?
A: About one centimetre of height for each three metres of distance.

# art
U: Which colours mix to brown?
A: Red and green, or orange with a little blue.

# art
U: What is a fresco?
A: A picture made on wet plaster with pigments in water.

# art
U: Who cut the great wave print?
A: Hokusai, around 1831.

# art
U: How do I draw a circle in perspective?
A: Draw a square in perspective first and fit an ellipse that touches the middle of each side.

# art
U: What does chiaroscuro mean?
A: Strong contrast of light and dark in a picture.

# art
U: What is a triptych?
A: A picture in three panels, often joined with hinges.

# books
U: What is an epistolary novel?
A: One that is told through letters or diary entries.
U: Is that form still written?
A: Yes, often with messages in place of letters.

# books
U: Explain the difference between a simile and a metaphor.
A: A simile says that one thing is like another, a metaphor says that it is the other.

# books
U: How many lines has a sonnet?
A: Fourteen.

# books
U: What is the rhyme pattern of a haiku?
A: A haiku need not rhyme; it counts syllables, five, seven and five.

# books
U: Give me an opening line for a ghost story.
A: The guest room had been locked for years, yet the bed was still warm.

# books
U: What is a red herring in a detective story?
A: A clue that points the reader to the wrong suspect.

# music
U: How many semitones are in an octave?
A: Twelve.

# music
U: What does the word 'andante' ask for?
A: A walking pace, neither quick nor slow.

# music
U: What is a fermata?
A: A sign that tells the player to hold a note as long as seems right.

# food
U: How long do I boil an egg so that the yolk stays soft?
A: About six minutes from the moment it goes into boiling water.

# food
U: What can stand in for buttermilk?
A: Milk with a spoon of lemon juice, left for ten minutes.

# food
U: Why does salt go into a sweet cake?
A: A pinch makes the sweetness clearer and rounds the taste.

# food
U: How do I ripen a hard avocado?
A: Put it into a paper bag with an apple for two days.

# food
U: What is saffron?
A: The dried threads of a crocus flower.
U: Why is it so dear?
A: Each flower has three threads, and they are picked by hand.

# home
U: How do I silence a squeaky hinge?
A: Lift the pin, rub it with soap or oil and drop it back.

# home
U: What is the best height to hang a picture?
A: Its middle at about 1.45 metres, which is eye level for most people.

# home
U: How do I get a sticker off a glass jar?
A: Soak it in warm water and rub what is left with a little oil.

# home
U: How many screws does a shelf bracket need?
A: At least two, one above the other, each in a proper plug.

# weather
U: What is the difference between hail and sleet?
A: Hail is lumps of ice from storm clouds, sleet is half-melted snow.

# weather
U: What does a falling barometer mean?
A: Pressure drops, and unsettled weather tends to follow.

# weather
U: How does fog form?
A: Moist air cools until its vapour turns into fine drops near the ground.

# weather
U: Which cloud looks like cotton wool?
A: The cumulus.
U: Does it bring rain?
A: Small ones do not, tall ones may.

# sport
U: How long is a marathon exactly?
A: 42.195 kilometres.

# sport
U: How many players are on a volleyball side?
A: Six.

# sport
U: What does 'deuce' mean in tennis?
A: Both sides have forty, and one of them must win two points in a row.

# travel
U: What does the abbreviation ETA stand for?
A: Estimated time of arrival.

# travel
U: How do I fold a map so that it opens well?
A: Fold it like a fan along its length first, then in three across.

# money
U: What is compound interest?
A: Interest that is also paid on earlier interest.
U: How long until a sum doubles at 6 percent?
A: About twelve years, by the rule of 72.

# money
U: What is the difference between gross and net pay?
A: Gross is before taxes and deductions, net is what arrives.
"""

T1 = [
    scenario(
        topic="home", avoid="home",
        old="I rent a small flat on Lark Street, right above the bakery.",
        new="From my houseboat at Pell Wharf I hear the ducks before the alarm rings.",
        why="home: the user now lives on a houseboat at Pell Wharf",
        q1="Going by these conversations, is the flat above the bakery on Lark Street still where the user lives?",
        q2="Since I live above the bakery on Lark Street, which cafes within five minutes of my front door should I try?",
        q3="Write a note for a friend who sleeps at my place on Friday: how she arrives, and what she will hear in the morning.",
        shared="hear",
        old_session=["How do I word a spare-key note for a parcel service? {M}",
                     "Keep it short: your name, the bell to ring and where a parcel may be left.",
                     "Should I sign it?",
                     "Yes, a signature makes it easier for the driver to accept."],
        new_session=["Why do some birds start so early? {M}",
                     "Sound carries far in still air, and the first light sets them off.",
                     "Is it the same in winter?",
                     "They start later then, as the light comes later."],
        state=["houseboat", "pell wharf"], plan=["ducks", "gangway"], gone=["lark street", "bakery"],
        current=["No, that seems to be past: the user now lives on a houseboat at Pell Wharf.",
                 "You mentioned that home is a houseboat at Pell Wharf these days, so I would look for cafes along the wharf.",
                 "Come to Pell Wharf and walk along the jetty to my houseboat. In the morning you will hear the ducks before any alarm."],
        stale=["Yes, the user rents a small flat on Lark Street, above the bakery.",
               "Try the bakery downstairs first, then the two cafes at the top of Lark Street.",
               "Ring the bell beside the bakery on Lark Street and come up one floor. In the morning you will hear the ovens below."]),
    scenario(
        topic="commute", avoid="travel weather",
        old="I take the number 12 tram to the office every day.",
        new="My folding bike and I know each puddle on the canal path by heart, there at eight and back at five.",
        why="commute: the user now cycles along the canal path on a folding bike",
        q1="Does the user still travel to the office on the number 12 tram?",
        q2="As I ride the number 12 tram to the office every day, which ticket is the best value for me?",
        q3="It will rain tomorrow. What should I get ready tonight so that I reach my desk dry?",
        shared="",
        old_session=["{M} Can you suggest a podcast length that fits half an hour?",
                     "Pick episodes of about 25 minutes, so that you hear the end.",
                     "And for the way home?",
                     "Something lighter, perhaps ten-minute stories."],
        new_session=["What is a good name for a photo series of reflections? {M}",
                     "How about Upside Down City?",
                     "I like it. And a subtitle?",
                     "Pictures Found on the Ground."],
        state=["folding bike", "canal path"], plan=["mudguard", "rain trousers", "waterproof"], gone=["tram", "number 12"],
        current=["Not as far as I can tell; the user goes there and back on a folding bike along the canal path.",
                 "Before you buy: you told me you ride your folding bike to work, so a monthly ticket may be a waste.",
                 "Put rain trousers and a waterproof bag by the door and check the mudguards of the bike before you sleep."],
        stale=["Yes, it is the number 12 tram every day.",
               "A yearly pass pays off if you ride on every working day.",
               "Lay out an umbrella and your pass, and leave five minutes early, since the number 12 tram is fuller in the rain."]),
    scenario(
        topic="diet", avoid="food",
        old="I keep to a strict low-carb diet, so bread and pasta are off my table.",
        new="Coach Ines has me on spaghetti at night and a bowl of rice at noon until the marathon.",
        why="diet: the user now eats many carbohydrates, spaghetti and rice each day",
        q1="Is the user still on the strict low-carb diet?",
        q2="Because I avoid bread and pasta on my low-carb diet, what can I order at an Italian place?",
        q3="Plan what I eat at noon and in the evening for the next three days.",
        shared="noon",
        old_session=["I have guests on Sunday and want a starter. {M}",
                     "Stuffed mushrooms with herbs and cheese would suit everyone.",
                     "How long in the oven?",
                     "About twenty minutes at 190 degrees."],
        new_session=["How do I label freezer boxes so that the ink stays on? {M}",
                     "Use masking tape and a pencil, it holds well in the cold.",
                     "Does a ballpoint work too?",
                     "It tends to smear when the box gets damp."],
        state=["spaghetti", "bowl of rice"], plan=["risotto", "with rice", "noodles"], gone=["low-carb", "cauliflower", "zoodle"],
        current=["That looks outdated: a coach has the user on spaghetti and rice until the marathon.",
                 "You said Coach Ines wants spaghetti every night, so you can simply order a large plate with tomato sauce.",
                 "Day 1: chicken with rice, then spaghetti with tomato. Day 2: vegetable risotto, then noodles with fish. Day 3: a bowl of rice with beans, then spaghetti with peas."],
        stale=["Yes, bread and pasta are off the table.",
               "Ask for grilled fish with a green salad and skip the basket on the table.",
               "Day 1: omelette, then steak with cauliflower mash. Day 2: tuna salad, then zoodles. Day 3: soup, then chicken with a low-carb side."]),
    scenario(
        topic="work hours", avoid="office",
        old="I work the night shift at the parcel depot, from ten in the evening until six.",
        new="I clock in with the sunrise crew at seven and hang up my vest at three, Monday to Friday.",
        why="work hours: the user now works from seven to three on weekdays",
        q1="Is the user still on the night shift at the parcel depot?",
        q2="Since my night shift at the depot ends at six, when should I have my main sleep?",
        q3="Find me a slot on Monday for a dentist visit and say why it fits my day.",
        shared="monday",
        old_session=["Which snack keeps me awake and is easy on the stomach? {M}",
                     "Nuts with an apple work well, and water more than sweet drinks.",
                     "Thanks. Is yoghurt fine as well?",
                     "Yes, a small cup is light enough."],
        new_session=["Can you recommend thin gloves that grip cardboard? {M}",
                     "Look for nylon gloves with a rubber coating on the palm.",
                     "How do I find my size?",
                     "Measure around the widest part of your hand and check the maker's chart."],
        state=["sunrise crew", "seven to three", "early shift"], plan=["at three", "after three", "after 3"],
        gone=["night shift", "nights", "ten in the evening"],
        current=["No longer, it seems: the user clocks in with the sunrise crew and finishes at three.",
                 "One correction first: you are on the early shift now, Monday to Friday, so sleep from about ten to half past five.",
                 "Take Monday at a quarter to four. You hang up your vest at three, which leaves enough time to get there."],
        stale=["Yes, the night shift from ten to six.",
               "Go to bed at about seven, with thick curtains, and get up at three.",
               "Monday at five in the afternoon is good: you will have slept after the night shift and start again at ten in the evening."]),
    scenario(
        topic="phone plan", avoid="tech money",
        old="My phone runs on a Brightcell prepaid card with two gigabytes a month.",
        new="Norvo bills me on the first, and I watch whole matches on the train with unlimited data.",
        why="phone plan: the user now has a Norvo contract with unlimited data",
        q1="Does the user's phone still run on the Brightcell prepaid card?",
        q2="With just two gigabytes on my Brightcell prepaid card, how do I make the data last until the end of the month?",
        q3="I travel for four hours on Saturday. How should I arrange entertainment on my mobile?",
        shared="",
        old_session=["I often forget passwords. {M} Is there a paper method that is safe?",
                     "Write down a hint that only you understand and keep it in a drawer.",
                     "Would a small notebook do?",
                     "Yes, as long as it stays indoors."],
        new_session=["What does the offside rule say in one sentence? {M}",
                     "An attacker may not be nearer to the goal line than the ball and the second-last defender when the ball is played.",
                     "That finally makes sense.",
                     "Happy to help."],
        state=["norvo", "unlimited"], plan=["stream whatever", "stream live"], gone=["brightcell", "prepaid", "two gigabytes", "top up"],
        current=["No, that has changed: Norvo now sends the bill and the data is unlimited.",
                 "You mentioned unlimited data with Norvo, so there is no need to ration anything.",
                 "With your unlimited data you can stream live matches and films all the way; just bring a charger and earphones."],
        stale=["Yes, it is the Brightcell card with two gigabytes.",
               "Turn off automatic updates, load pictures over wifi and set a warning at 1.5 gigabytes.",
               "Save films over wifi on Friday, because streaming would eat your two gigabytes, and top up the card just in case."]),
    scenario(
        topic="exercise", avoid="sport health",
        old="I lift weights at the Ironworks gym three times a week.",
        new="I row with the Tarn Lake crew at dawn, and the coach keeps all other effort at zero until the regatta.",
        why="exercise: rowing with the Tarn Lake crew is now the only training",
        q1="Is lifting weights at the Ironworks gym still the user's regular exercise?",
        q2="As I lift at Ironworks three times a week, how should I split my sets?",
        q3="Plan my training from Monday to Sunday and add one line that I can send to the coach.",
        shared="coach",
        old_session=["Which fruit is best right before effort? {M}",
                     "A banana, about half an hour before you begin.",
                     "And afterwards?",
                     "Something with protein, such as curd with berries."],
        new_session=["How do I keep socks from smelling in a bag? {M}",
                     "Use a mesh bag and air it as soon as you are home.",
                     "Does baking soda help?",
                     "Yes, a spoonful in a paper sachet takes up the smell."],
        state=["tarn lake", "regatta", "rowing"], plan=["the boat", "on the water"], gone=["ironworks", "weights", "barbell", "squat"],
        current=["It may have changed: the recent talk is of rowing with the Tarn Lake crew and nothing besides.",
                 "Your coach wants all other effort at zero until the regatta, so I would leave the sets out for now.",
                 "Monday, Wednesday, Friday at dawn: in the boat on Tarn Lake; the other days rest. Line: I am ready for the regatta block."],
        stale=["Yes, three times a week at Ironworks.",
               "Split into push, pull and legs, with four exercises each and two minutes of rest.",
               "Monday, Wednesday and Friday: weights at Ironworks, squats first. Line: I will be at the gym at six."]),
    scenario(
        topic="garden", avoid="nature home",
        old="My back garden is all lawn, and I mow it on Saturdays.",
        new="Gravel crunches from the kitchen door to the wall, and thirty pots of lavender stand on it.",
        why="garden: the back garden is now gravel with lavender in pots",
        q1="Is the user's back garden still laid to lawn?",
        q2="Since my garden is all lawn, what height should I set the mower to?",
        q3="Make a checklist for one hour of outdoor chores at my place this weekend.",
        shared="",
        old_session=["How loud may a neighbour's radio be at lunch time? {M}",
                     "Most towns ask for quiet from one to three; your town hall lists the hours.",
                     "Is Saturday treated the same?",
                     "Often yes, with a later start in the morning."],
        new_session=["Is there an old rhyme about bees? {M}",
                     "There is one that says a swarm in May is worth a load of hay.",
                     "And in July?",
                     "Then it is said to be worth little, as the season is nearly over."],
        state=["gravel", "lavender"], plan=["the pots", "thirty pots"], gone=["lawn", "mow the", "grass"],
        current=["Probably not: the latest remark describes gravel up to the wall with lavender on it.",
                 "From what you said, there is gravel with pots of lavender behind the house, so a mower would have nothing to cut.",
                 "Rake the gravel level, trim the lavender by a third, turn the pots and pull the few weeds along the wall."],
        stale=["Yes, all of it, and Saturday is the day for it.",
               "Set it to four centimetres and go a little higher in dry weeks.",
               "Mow the lawn, trim its edges, rake up the clippings and feed the bare patches."]),
    scenario(
        topic="instrument", avoid="music",
        old="I play the cello and practise after dinner.",
        new="The accordion gets my one free hour each night, and my teacher says its bellows breathe with me.",
        why="instrument: the user now plays the accordion",
        q1="Is the cello still the instrument that the user plays?",
        q2="As a cello player, which rosin should I buy for the winter months?",
        q3="Suggest a small gift that my parents could buy me for my music.",
        shared="",
        old_session=["Do thick curtains really make a room quieter? {M}",
                     "They take some of the high notes, but little of the low ones.",
                     "What else could I try?",
                     "A rug and a full bookcase against the shared wall."],
        new_session=["How do I find out if a chair has the right height? {M}",
                     "Sit with both feet flat; your knees should make a right angle.",
                     "Mine is a little low.",
                     "Then a firm cushion will do."],
        state=["accordion", "bellows"], plan=["strap", "squeezebox"], gone=["cello", "rosin"],
        current=["That is likely out of date; the one free hour now belongs to the accordion.",
                 "You told me that you play the accordion these days, so rosin would be of little use.",
                 "A pair of padded straps for your accordion would be a fine gift, or a soft cloth for the bellows."],
        stale=["Yes, the user plays it every day after dinner.",
               "Choose a soft, dark one in the cold months, since it grips better in dry air.",
               "A good cake of rosin or a stand for the cello would please you every day."]),
    scenario(
        topic="pet", avoid="nature",
        old="I have an old beagle called Bruno who needs two walks a day.",
        new="My pair of parakeets, the only animals under this roof, sing as soon as the kettle boils.",
        why="pet: the user's only animals are now a pair of parakeets",
        q1="Is Bruno the beagle still living with the user?",
        q2="Bruno needs his two walks a day, so which harness suits an old beagle best?",
        q3="A friend looks after my place this weekend. Write her a note on where the kettle is and on the animals.",
        shared="animals kettle",
        old_session=["How do I get mud out of a hallway rug? {M}",
                     "Let it dry, brush it off and dab the rest with cool soapy water.",
                     "Can I use a steam cleaner?",
                     "Yes, if the label of the rug allows it."],
        new_session=["How do I get rid of lime scale? {M}",
                     "Boil water with a spoon of citric acid, wait ten minutes and rinse twice.",
                     "How often is that needed?",
                     "With hard water, about once a month."],
        state=["parakeet", "birdseed"], plan=["perch", "cage"], gone=["beagle", "bruno", "leash"],
        current=["It does not look like that any more: a pair of parakeets are now the only animals in the house.",
                 "You said that your parakeets are the only animals at home, so I am not sure a harness is what you need.",
                 "The kettle stands left of the sink. Give the parakeets fresh water and birdseed each morning and cover the cage at night."],
        stale=["Yes, the old beagle lives there.",
               "Take a padded Y-shaped one that leaves his shoulders free and clips at the back.",
               "The kettle is by the stove. Bruno eats at seven and six; his leash hangs on the door for both walks."]),
    scenario(
        topic="morning drink", avoid="food health",
        old="I start the day with two strong espressos from the machine.",
        new="A pot of ginger tea carries me from waking to lunch, and the doctor likes how calm my heart is.",
        why="morning drink: the user now has ginger tea all morning",
        q1="Does the user still start the day with espresso?",
        q2="Given my two espressos every morning, which beans should I order next?",
        q3="My cousin sets the breakfast table for me tomorrow. Tell her what to put in my cup.",
        shared="",
        old_session=["What is a good way to wake up without a loud clock? {M}",
                     "A lamp that slowly gets brighter works for many people.",
                     "Where should it stand?",
                     "At the height of your pillow, about half a metre away."],
        new_session=["I want to learn ten words of Welsh each week. {M} Any method?",
                     "Write them on cards and go through them at the same hour each day.",
                     "Should I speak aloud?",
                     "Yes, saying them helps you to keep them."],
        state=["ginger"], plan=["herbal", "teapot"], gone=["espresso", "coffee"],
        current=["No, a pot of ginger tea has taken that place.",
                 "You told me that ginger tea carries you through the morning, so maybe leave the beans for guests.",
                 "Please fill a teapot with hot water and fresh ginger for me; that is all I want before lunch."],
        stale=["Yes, two strong ones from the machine.",
               "A dark roast with some robusta gives the thick crema that you like.",
               "Please make a double espresso in the small cup, and have a second one ready ten minutes later."]),
    scenario(
        topic="car", avoid="travel tech",
        old="I drive a blue Tovan hatchback with a diesel engine.",
        new="The grey Velra charges at the street post overnight, and its key is the one on my hook.",
        why="car: the user now has an electric Velra",
        q1="Is the diesel Tovan hatchback still the user's car?",
        q2="My Tovan is a diesel, so which winter additive should I pour into the tank?",
        q3="Give me a checklist for a 300 km road trip, from what to do overnight to the arrival.",
        shared="overnight",
        old_session=["Which sponge leaves no marks on paint? {M}",
                     "A soft microfibre mitt, rinsed often.",
                     "And for the windows?",
                     "A clean cotton cloth with a drop of vinegar in water."],
        new_session=["How do I remember where I put small things? {M}",
                     "Give each thing one place and say it aloud when you put it there.",
                     "Would a bowl by the door work?",
                     "Yes, if nothing else is allowed in it."],
        state=["velra", "electric"], plan=["charger", "charging", "battery"], gone=["tovan", "diesel", "petrol", "refuel"],
        current=["Seemingly not: the one key on the hook belongs to the grey Velra.",
                 "You mentioned a grey Velra that charges at the street post, and an electric car takes no additive.",
                 "Overnight: fill the battery of the Velra at the post. On the way: one fast charger after 180 km. On arrival: find the next post."],
        stale=["Yes, the blue one with the diesel engine.",
               "Use a flow improver made for the cold and add it before the first frost.",
               "Overnight: park the Tovan in the yard. In the morning: fill up with diesel, check the oil and tyres. Break after two hours."]),
    scenario(
        topic="saving goal", avoid="money travel geo",
        old="I am saving up for a trip to Iceland.",
        new="Whatever is left on payday goes into the envelope marked roof tiles, down to the last coin.",
        why="saving goal: the user now saves for roof tiles",
        q1="Is the trip to Iceland still what the user saves money for?",
        q2="As all my savings go towards Iceland, which month has the cheapest tours there?",
        q3="Payday is Friday and there will be 150 extra. Suggest how to use it.",
        shared="payday",
        old_session=["Which colour helps to keep a notebook of numbers tidy? {M}",
                     "Use blue for what comes in and red for what goes out.",
                     "And a third one?",
                     "Green for sums that you have checked."],
        new_session=["How can I seal paper without glue? {M}",
                     "Fold the flap twice and close it with a strip of washi tape.",
                     "Does wax work as well?",
                     "Yes, but let it cool before you stack anything on top."],
        state=["roof tiles", "the roof"], plan=["envelope", "roofer"], gone=["iceland", "flights", "travel fund"],
        current=["That goal seems to have changed; each payday the rest goes towards roof tiles.",
                 "You told me that the rest of your pay goes to the roof down to the last coin, so a tour would compete with that.",
                 "Put all of it into the envelope for the roof tiles; it brings the day you can call the roofer closer."],
        stale=["Yes, the user puts money aside for it.",
               "Late autumn is cheapest, and early May comes next.",
               "Add it to the money for Iceland; it pays for a day at the hot springs."]),
    scenario(
        topic="hobby", avoid="art craft",
        old="My hobby is painting watercolours down by the river.",
        new="My bench is covered in springs and brass wheels, and each spare hour goes into mending cuckoo clocks.",
        why="hobby: the user now mends cuckoo clocks",
        q1="Is painting watercolours by the river still the user's hobby?",
        q2="For my watercolours by the river, which paper weight copes best with wet paint?",
        q3="Suggest three birthday presents that suit how I use a spare afternoon.",
        shared="spare",
        old_session=["What keeps midges away from my face? {M}",
                     "A light net over the hat, or lemon eucalyptus oil.",
                     "Does smoke help?",
                     "A little, but it also drives off company."],
        new_session=["How do I sort tiny parts so that none gets lost? {M}",
                     "A tray with a white towel in it stops things from rolling away.",
                     "And for storing them?",
                     "Pill boxes with one lid for each day are handy."],
        state=["cuckoo clock", "clocks"], plan=["loupe", "clockmaker", "brass"], gone=["watercolour", "paint", "brush", "easel"],
        current=["Apparently no longer: each spare hour goes into mending cuckoo clocks.",
                 "These days you are mending cuckoo clocks, as you told me, so maybe the paper can wait.",
                 "A loupe for fine work, a set of tiny screwdrivers, and a book on the history of clocks."],
        stale=["Yes, down by the river.",
               "Take 300 grams per square metre, it stays flat when wet.",
               "A folding easel, a sable brush and a pad of watercolour paper."]),
    scenario(
        topic="volunteering", avoid="nature",
        old="I volunteer at the animal shelter on Thursday afternoons.",
        new="The river clean-up boat has all of my giving hours, and I am the one who holds the net.",
        why="volunteering: the user now gives all hours to the river clean-up boat",
        q1="Does the user still volunteer at the animal shelter?",
        q2="Before my afternoon at the animal shelter, which treats may I bring for the cats?",
        q3="Write two sentences about my unpaid work for a local newsletter.",
        shared="",
        old_session=["How do I get fluff off a wool jumper? {M}",
                     "Wrap tape around your hand and pat it off.",
                     "It comes back in the wash.",
                     "Turn the jumper inside out before you wash it."],
        new_session=["How do I treat a blister on my palm? {M}",
                     "Leave it closed, keep it clean and pad it.",
                     "How long until it heals?",
                     "Usually within a week."],
        state=["clean-up boat", "river clean-up"], plan=["the net", "from the river"], gone=["shelter", "cats", "dogs"],
        current=["It has changed, I think: all of the giving hours are with the river clean-up boat.",
                 "You said that the river clean-up boat has all of your hours, so is this visit really on your list?",
                 "Our neighbour holds the net on the clean-up boat. Thanks to such hands, less plastic floats past the town."],
        stale=["Yes, on Thursday afternoons.",
               "Plain freeze-dried chicken in small bits is a safe choice; ask the staff first.",
               "Every Thursday our neighbour helps at the animal shelter. The cats there know that step on the stairs."]),
    scenario(
        topic="hair", avoid="clothes",
        old="My hair reaches my waist and I wear it in a braid.",
        new="The barber runs his clippers over my head on every second Tuesday, and the breeze feels grand up there.",
        why="hair: the user's head is now clipped short",
        q1="Is the user's hair still waist-long and worn in a braid?",
        q2="With hair down to my waist, which braid keeps best during a long hike?",
        q3="List what belongs in my wash bag for a week at the sea.",
        shared="",
        old_session=["Is silk better than cotton for a pillow case? {M}",
                     "Silk causes less friction, cotton is easier to wash.",
                     "Which lasts longer?",
                     "Good cotton, as a rule."],
        new_session=["What small talk is safe with someone I hardly know? {M}",
                     "Food, the weekend and things in sight are safe starts.",
                     "And what should I leave out?",
                     "Money and politics, at the beginning."],
        state=["barber", "clippers"], plan=["scalp", "sun hat", "shaved head"], gone=["braid", "hairbrush", "hair ties", "conditioner", "long hair"],
        current=["That is outdated, I believe: the barber goes over the head with clippers every other week.",
                 "Since the barber takes his clippers to your head, there is nothing left to plait; a cap is what you need.",
                 "Soap, toothbrush, razor, and above all strong sun cream for the scalp and a sun hat."],
        stale=["Yes, down to the waist.",
               "A tight French one with a band at both ends keeps its shape for a day.",
               "Shampoo, conditioner, a wide hairbrush, six hair ties and a towel for long hair."]),
    scenario(
        topic="heating", avoid="home weather",
        old="A wood stove warms our house, and I split the logs myself.",
        new="The heat pump behind the shed keeps all six rooms at twenty degrees by itself.",
        why="heating: a heat pump now warms the house",
        q1="Is the house still warmed by the wood stove?",
        q2="How many logs should I split for our wood stove before winter?",
        q3="The first frost comes next week. How do I make sure that the rooms stay cosy?",
        shared="rooms",
        old_session=["What helps against a splinter in the thumb? {M}",
                     "Soak it in warm water and lift it with clean tweezers.",
                     "It is very small.",
                     "Then a strip of tape may pull it out."],
        new_session=["At what hour is yeast dough best left to rise? {M}",
                     "Any hour is fine, as long as the place is free of draughts.",
                     "How long does it take?",
                     "About an hour, until it has doubled."],
        state=["heat pump", "twenty degrees"], plan=["outdoor unit", "thermostat"], gone=["wood stove", "logs", "firewood", "chimney", "kindling"],
        current=["Not any more, it appears; a heat pump keeps the rooms at twenty degrees.",
                 "The heat pump does the work these days by your account, so you may not need to split any.",
                 "Clear leaves from the outdoor unit, clean the filter and leave the thermostat at one even setting."],
        stale=["Yes, and the user splits the logs.",
               "Reckon with about eight cubic metres for a house of that size.",
               "Have the chimney swept, stack dry firewood under a cover and bring in two baskets of kindling."]),
    scenario(
        topic="family holidays", avoid="travel geo",
        old="Our family spends its holidays in a tent on the dunes at Orm Beach.",
        new="The key of the mountain hut at Gries hangs by our door, and all four weeks of leave go up there with us.",
        why="family holidays: all leave is now spent in the mountain hut at Gries",
        q1="Does the family still spend its holidays in a tent at Orm Beach?",
        q2="As we camp on the dunes at Orm Beach, which pegs hold best in sand?",
        q3="Our next leave starts on Saturday. Write a packing list for all of us.",
        shared="leave",
        old_session=["Which card game works for two adults and two children? {M}",
                     "Crazy Eights is quick to learn and fun for all ages.",
                     "How many cards does each one get?",
                     "Five, when four people play."],
        new_session=["How do I polish an old iron hook? {M}",
                     "Rub it with fine steel wool and finish with a drop of oil.",
                     "Will it rust again?",
                     "Only if the oil wears off."],
        state=["mountain hut", "gries"], plan=["hiking boots", "the hut"], gone=["orm beach", "dune", "tent peg", "the tent", "swimsuit"],
        current=["No, the family now spends all of its leave in the mountain hut at Gries.",
                 "You mentioned that all your leave goes to the mountain hut at Gries, so sand pegs may stay at home.",
                 "For the hut: hiking boots, warm layers, rain jackets, candles, a first-aid kit and food for the first evening."],
        stale=["Yes, on the dunes there.",
               "Long V-shaped ones of steel, set at a low angle and buried.",
               "Pack the tent, the long pegs, sleeping mats, a swimsuit each, towels and a windbreak for the dunes."]),
    scenario(
        topic="eyesight", avoid="health science",
        old="I wear contact lenses from breakfast to bedtime.",
        new="My thick round frames leave a mark on my nose by evening, for they sit there from the first alarm on.",
        why="eyesight: the user now wears glasses all day",
        q1="Does the user still wear contact lenses all day?",
        q2="Because I wear contact lenses all day, which drops stop my eyes from drying out?",
        q3="Pack my small bag for two days away: what do I need so that I can see well?",
        shared="",
        old_session=["Which font size is kind to the reader on a slide? {M}",
                     "At least 24 points, better 28.",
                     "And for captions?",
                     "Eighteen is the lower limit."],
        new_session=["Could you write a birthday verse for a carpenter? {M}",
                     "You measure twice and cut with care, may joy be yours, and plenty to spare.",
                     "He will love it.",
                     "Wish him well from me."],
        state=["frames", "spectacles"], plan=["your glasses", "glasses case", "lens cloth"], gone=["contact lens", "lenses", "saline"],
        current=["The lenses may be out of date: thick round frames sit on that nose from morning to evening.",
                 "You wear your thick frames from the first alarm on, so drops made for lenses may be beside the point.",
                 "Take your glasses, the hard glasses case, a lens cloth and, if you own it, a second pair of frames."],
        stale=["Yes, from breakfast to bedtime.",
               "Drops with hyaluronic acid and free of preservatives are the safest choice.",
               "Take two pairs of lenses, a small bottle of saline and the case."]),
    scenario(
        topic="school run", avoid="travel",
        old="I drive the children to school each morning.",
        new="The neighbours' walking line collects both of mine at the gate, and I wave from the step with my tea.",
        why="school run: the children now walk with the neighbours' walking line",
        q1="Does the user still drive the children to school?",
        q2="As I drive the children to school, where should I stop to avoid the queue?",
        q3="Plan my weekday from seven to nine, minute by minute.",
        shared="",
        old_session=["What songs are good for a round in three voices? {M}",
                     "Row your boat and Three blind mice both work well.",
                     "Which one is easier?",
                     "The second, as its parts are shorter."],
        new_session=["What is a neat way to tie a bundle of newspapers? {M}",
                     "Cross the string underneath, bring it up and finish with a packer's knot.",
                     "Is thin string enough?",
                     "Yes, for up to five kilos."],
        state=["walking line"], plan=["at the gate", "wave"], gone=["drive", "the car", "drop-off"],
        current=["That is no longer so, it seems: the walking line of the neighbours picks them up.",
                 "The walking line collects them at your gate by now, as you said, so you need no place to stop.",
                 "7:00 breakfast, 7:40 shoes and bags, 7:55 out to meet the walking line, 8:00 wave, 8:05 tea and your own plans until nine."],
        stale=["Yes, each morning.",
               "Stop one street early, near the library, and let them walk the last bit.",
               "7:00 breakfast, 7:35 into the car, 7:55 drop-off, 8:20 back home, 8:30 tidy up, 8:50 sit down."]),
    scenario(
        topic="bedtime", avoid="health",
        old="I go to bed long after midnight.",
        new="Lights are out in my room at half past nine, and I am up with the milk van.",
        why="bedtime: the user now goes to bed at half past nine",
        q1="Is the user still going to bed long after midnight?",
        q2="Since I go to bed long after midnight, how late can I have my last big meal?",
        q3="Suggest an evening for me at home: when to eat, when to read, when to dim the lights.",
        shared="lights",
        old_session=["Which short novels can be read in one sitting? {M}",
                     "Look for anything under 150 pages; many classics are that short.",
                     "One with a sea in it?",
                     "There are several about fishermen, and most are brief."],
        new_session=["How do I stop a blind from rattling? {M}",
                     "Stick a felt dot on each side of the bottom bar.",
                     "Where do I get those?",
                     "In the furniture aisle of a hardware shop."],
        state=["half past nine", "milk van"], plan=["9:30", "by nine"], gone=["midnight", "1 am", "one in the morning"],
        current=["Things have changed: the lights are out at half past nine.",
                 "By your own words it is dark in your room at half past nine, so finish the meal by half past six.",
                 "Eat at six, read from eight, dim the lights by nine and switch them off at 9:30."],
        stale=["Yes, long after it.",
               "Ten in the evening leaves enough time to digest.",
               "Eat at nine, read from eleven, dim the lights at midnight and sleep at about 1 am."]),
]

T2 = [
    scenario(
        topic="balcony plants", avoid="nature home",
        old="I grow tomatoes on my sunny balcony.",
        new="The builders have wrapped the whole block in thick sheeting for a year, and it is dim as a cellar in here.",
        why="building works (block wrapped in sheeting) -> hardly any light -> tomatoes cannot grow on the balcony",
        q1="Does the user still grow tomatoes on a sunny balcony?",
        q2="My balcony is so sunny that the tomatoes are thirsty, so how often should I water them?",
        q3="Suggest three plants I could keep at my place this season.",
        shared="",
        old_session=["How do I get a red stain out of a white shirt? {M}",
                     "Rinse it with cold water, dab with vinegar and wash as usual.",
                     "It is a day old.",
                     "Then let it soak for an hour first."],
        new_session=["What is a good board for a bedside lamp cable? {M}",
                     "A flat cable cover that sticks to the wall is enough.",
                     "Can it be painted?",
                     "Yes, with any wall colour."],
        state=["sheeting", "builders", "wrapped"], plan=["low light", "grow lamp", "fern"], gone=["tomato", "sunny", "full sun"],
        current=["I doubt it; the builders have put sheeting around the block and it is dim inside.",
                 "With the block wrapped for a year there is hardly any sun out there, so I am not sure they can live.",
                 "Choose ones that live with low light: a cast-iron plant, a fern and mint under a small lamp."],
        stale=["Yes, the user grows them on the balcony.",
               "Twice a day in hot spells, early and late, and feed them once a week.",
               "Basil, chillies and another tomato would love the sunny spot."]),
    scenario(
        topic="driving", avoid="travel",
        old="I drive to the warehouse every morning and park by the gate.",
        new="After the seizure the neurologist put me on tablets and wants six quiet months of watching.",
        why="health (a seizure, six months of watching) -> not fit to drive -> no drive to the warehouse",
        q1="Is the user still able to drive to the warehouse every morning?",
        q2="As I drive to the warehouse tomorrow, which roads should I avoid at seven?",
        q3="How do I best reach a meeting across town at nine?",
        shared="",
        old_session=["How do I keep a thermos from tasting of old soup? {M}",
                     "Fill it with hot water and baking soda and leave it for an hour.",
                     "And the lid?",
                     "Take out the ring and wash it apart."],
        new_session=["How do I remember to take something at fixed hours? {M}",
                     "Tie it to things you do anyway, such as brushing your teeth.",
                     "I sometimes forget that as well.",
                     "Then a box with a small bell may help."],
        state=["seizure", "neurologist"], plan=["the bus", "taxi", "a lift", "by train"], gone=["drive", "park ", "driving", "your car"],
        current=["That is doubtful since the seizure; the neurologist wants six months of watching.",
                 "After the seizure you should not be at the wheel for now. Can a colleague pick you up?",
                 "Take the bus at twenty past eight, or ask a colleague for a lift; a taxi is the fallback."],
        stale=["Yes, and parking is by the gate.",
               "Avoid the ring road and take the street along the railway.",
               "Drive over the north bridge at half past eight and park behind the town hall."]),
    scenario(
        topic="lunch at work", avoid="food office",
        old="I have lunch with Petra in the canteen at noon.",
        new="The company sold its building, and all of us log in from our kitchen tables.",
        why="work place (everyone works from home) -> no canteen -> no lunch there with Petra",
        q1="Does the user still have lunch with Petra in the canteen?",
        q2="Since Petra and I meet in the canteen at noon, which dish there is the lightest?",
        q3="Plan my midday break tomorrow so that I am back when the company meeting starts at one.",
        shared="company",
        old_session=["Is there a polite way to say that a joke was too loud? {M}",
                     "Smile and say that the people at the back have heard it as well.",
                     "That is gentle.",
                     "It usually does the trick."],
        new_session=["How do I stop my back from aching when I sit? {M}",
                     "Raise the screen, lower the shoulders and stand up once an hour.",
                     "Does a cushion help?",
                     "A small one behind the lower back does."],
        state=["kitchen table", "sold its building"], plan=["at home", "your kitchen", "from home"], gone=["canteen", "petra"],
        current=["Hardly: the company sold its building and all work from a kitchen table.",
                 "The company sold its building, you said, so that place is gone; shall I suggest a light dish to cook?",
                 "Stop at twelve, make soup in your kitchen, eat away from the screen, walk round the block and log in at five to one."],
        stale=["Yes, at noon.",
               "The soup of the day with a salad is usually lightest.",
               "Meet Petra at twelve, queue for the canteen special, have tea at half past and be back by five to one."]),
    scenario(
        topic="bee keeping", avoid="nature health",
        old="I keep two beehives behind the shed and harvest twice a year.",
        new="One wasp sting put me in intensive care, and the doctor says the next could be my last.",
        why="health (a deadly allergy to stings) -> cannot work with bees -> no beehives any longer",
        q1="Does the user still keep beehives behind the shed?",
        q2="As my two beehives are due for harvest, how many jars should I prepare?",
        q3="Plan a calm Saturday outdoors for me and list what my doctor would want in my bag.",
        shared="doctor",
        old_session=["How do I stop a shed door from sticking? {M}",
                     "Sand the edge where it rubs and wax it.",
                     "It is worse after rain.",
                     "Then paint the bare edge, so that it takes up less water."],
        new_session=["Which thank-you present suits a nurse? {M}",
                     "Good hand cream and a card written by hand.",
                     "Chocolate as well?",
                     "Certainly, one box for the whole ward."],
        state=["wasp", "intensive care"], plan=["emergency pen", "adrenaline", "long sleeves"], gone=["beehive", "the hives", "honey"],
        current=["That may have changed: a wasp put the user in intensive care.",
                 "After that stay in intensive care, should you be near bees at all? I would hand the harvest to a friend.",
                 "A slow walk by the lake in long sleeves, tea indoors at three. In the bag: the emergency pen, your allergy card and a phone."],
        stale=["Yes, two of them.",
               "Reckon with about forty jars of half a kilo.",
               "Look after the hives at nine, have lunch under the apple tree, label honey at three. In the bag: sun cream and water."]),
    scenario(
        topic="running club", avoid="sport health",
        old="I run with the Harbour club on Thursdays.",
        new="My left leg is in plaster up to the hip, and the surgeon counts twelve weeks.",
        why="health (a leg in plaster for twelve weeks) -> cannot run -> no club runs on Thursdays",
        q1="Is the user still running with the Harbour club on Thursdays?",
        q2="For my Thursday run with the Harbour club, what warm-up do you suggest?",
        q3="Suggest how I can keep fit over the next two weeks.",
        shared="weeks",
        old_session=["How do I get the name of a shy new member? {M}",
                     "Give your own name first and ask a simple question.",
                     "Such as?",
                     "Ask how they found the group."],
        new_session=["Which series of comics is long and light? {M}",
                     "Pick one with short albums, so that you can stop at any point.",
                     "Funny ones, please.",
                     "Then try one about clumsy knights."],
        state=["plaster", "surgeon"], plan=["seated", "upper body", "dumbbell"], gone=["running", "jogging", "easy jog", "harbour club", "sprint"],
        current=["Not at present: the left leg is in plaster and the surgeon counts twelve weeks.",
                 "With a leg in plaster I would skip Thursday and do breathing drills on a chair.",
                 "Do seated arm circles and light dumbbell sets each morning, keep the leg raised and work the upper body every other day."],
        stale=["Yes, each Thursday.",
               "Five minutes of easy trotting, leg swings and four short strides.",
               "Keep Thursday with the Harbour club, add one easy jog at the weekend and a short sprint session."]),
    scenario(
        topic="child care", avoid="books",
        old="I drop my little girl at the Acorn nursery at eight.",
        new="In her uniform and with the satchel on, my daughter read a poem to the headmaster at assembly.",
        why="child's age (she goes to school now) -> past nursery age -> no mornings at the Acorn nursery",
        q1="Does the little girl still go to the Acorn nursery?",
        q2="Which soft toy may my little girl take along to the Acorn nursery?",
        q3="Write a checklist of what my child needs for Monday.",
        shared="",
        old_session=["What can I say to a plumber who comes too late? {M}",
                     "Tell him calmly which hour was agreed and ask for a call next time.",
                     "Should I ask for a discount?",
                     "You may, if you lost paid hours."],
        new_session=["How do I iron pleats? {M}",
                     "Pin each pleat at the hem, press through a damp cloth and let it cool.",
                     "Do the pins leave marks?",
                     "Only if you press straight on them."],
        state=["uniform", "satchel", "headmaster"], plan=["school", "reading book", "pencil case"], gone=["nursery", "acorn", "nap blanket"],
        current=["I think that has changed: the daughter wears a uniform and read to the headmaster.",
                 "She reads poems to the headmaster these days, so it might be better to ask her teacher about toys.",
                 "Clean uniform, packed satchel, pencil case, reading book, lunch box and a water bottle."],
        stale=["Yes, from eight on.",
               "A small washable one with her name on it, and no batteries.",
               "Spare clothes, her nap blanket, slippers, and the cuddly toy for the nursery."]),
    scenario(
        topic="flatmates", avoid="home",
        old="I share a flat with two students, and we split the bills.",
        new="Mira and I have been married a month, and I carried her over the step of our own little house.",
        why="family (married, own house) -> moved out -> no shared flat with students",
        q1="Does the user still share a flat with two students?",
        q2="As I split the bills with the two students in my flat, which app keeps our shares fair?",
        q3="Draw up a list of chores for everybody in my house.",
        shared="house",
        old_session=["Is it rude to label my cheese? {M}",
                     "A small label is fine, if it is friendly.",
                     "With a drawing?",
                     "A mouse with a question mark would do."],
        new_session=["What helps against a sore lower back? {M}",
                     "Warmth, short walks and a firm mattress.",
                     "For how many days?",
                     "If it lasts longer than a week, let somebody look at it."],
        state=["mira", "married", "little house"], plan=["your wife", "two of you", "both of you"], gone=["students", "flatmate", "roommate"],
        current=["Most likely not; the user has been married for a month and has a little house.",
                 "Now that you and Mira have a house of your own, a joint account may be simpler than an app.",
                 "For the two of you: Mira cooks on odd days and you on even ones; both of you clean on Saturday."],
        stale=["Yes, and they split the bills.",
               "Any app for shared costs works; enter rent and power as standing items.",
               "Week 1: you do the bath, the first of the students the kitchen, the second one the bins; then rotate."]),
    scenario(
        topic="work clothes", avoid="clothes office",
        old="I wear a suit and tie to the bank on weekdays.",
        new="The forest service handed me a chainsaw and nine valleys to look after.",
        why="job (forest service) -> outdoor work with a chainsaw -> no suit and tie for the bank",
        q1="Does the user still wear a suit and tie to the bank?",
        q2="For my days at the bank, which tie goes with my grey suit?",
        q3="Which clothes should I lay out for Monday's job?",
        shared="",
        old_session=["How do I fold a shirt so that the collar stays flat? {M}",
                     "Button it, lay it face down, fold the sides in and roll from the bottom.",
                     "Roll or fold?",
                     "Rolling leaves fewer creases."],
        new_session=["Which sandwiches survive half a day in a rucksack? {M}",
                     "Firm bread with hard cheese, wrapped in paper.",
                     "And something sweet?",
                     "Oat bars keep well."],
        state=["forest", "chainsaw"], plan=["work boots", "helmet", "protective"], gone=["a suit", "grey suit", "necktie", "dress shirt"],
        current=["Not likely, as the forest service has handed over a chainsaw and nine valleys.",
                 "You work for the forest service by now, so I would rather ask about your boots than about a tie.",
                 "Protective trousers, steel-capped work boots, helmet, gloves and a bright jacket."],
        stale=["Yes, on weekdays.",
               "A dark blue one with a fine pattern.",
               "The grey suit, a white dress shirt, black shoes and a plain necktie."]),
    scenario(
        topic="wine with dinner", avoid="food health",
        old="I have a glass of red wine with dinner.",
        new="The midwife let me hear the heartbeat, strong as a drum at twelve weeks.",
        why="health (pregnant) -> alcohol harms the child -> no wine with dinner",
        q1="Does the user still have a glass of red wine with dinner?",
        q2="To go with my glass of red wine at dinner, which cheese do you suggest?",
        q3="Suggest a drink for a festive meal on Friday.",
        shared="",
        old_session=["How do I get a ring off a wooden table? {M}",
                     "Rub it softly with a paste of oil and salt, then wipe and polish.",
                     "What kind of oil?",
                     "Plain sunflower oil will do."],
        new_session=["Can you name lullabies from three countries? {M}",
                     "There are famous ones from Germany, Wales and Japan.",
                     "Which is the slowest?",
                     "The Japanese one, in most versions."],
        state=["midwife", "heartbeat", "pregnan"], plan=["alcohol-free", "juice", "sparkling water"], gone=["red wine", "glass of wine", "merlot", "rioja"],
        current=["Presumably not: the midwife let the user hear a heartbeat at twelve weeks.",
                 "Congratulations on the heartbeat! I take it the wine is on hold, so let us pair the cheese with grape juice.",
                 "Elderflower syrup in sparkling water with lemon looks festive and is alcohol-free."],
        stale=["Yes, with dinner.",
               "A mature hard cheese, or a soft one with a washed rind.",
               "A rioja goes well with roast, or a lighter merlot if there is fish."]),
    scenario(
        topic="choir", avoid="music health",
        old="I sing alto in the Wednesday choir.",
        new="Until the operation my throat has to rest in complete silence, and I write on a slate.",
        why="health (throat must rest) -> voice cannot be used -> no choir",
        q1="Is the user still singing alto in the Wednesday choir?",
        q2="Which warm-up should I sing before choir on Wednesday?",
        q3="Plan an evening of rest for me in the middle of the week.",
        shared="rest",
        old_session=["What is a kind way to turn down a second slice of cake? {M}",
                     "Praise it and say that you want to remember it at its best.",
                     "She will insist.",
                     "Then ask for a piece to take home."],
        new_session=["What chalk leaves the least dust? {M}",
                     "Hard, coated sticks leave the least.",
                     "Which cloth is best to wipe it off?",
                     "A damp one of cotton."],
        state=["throat", "silence", "slate"], plan=["quiet", "operation"], gone=["choir", "singing", "rehearsal"],
        current=["Surely not just now; the throat needs complete silence until the operation.",
                 "Your throat has to rest until the operation, so please leave out any warm-up.",
                 "Soup at six, a quiet puzzle, a warm bath with a book, and notes on the slate for anything you want to say."],
        stale=["Yes, on Wednesdays.",
               "Start with humming, then lip trills over five notes, then open vowels.",
               "Choir from seven to nine on Wednesday is the best rest there is; have tea after the rehearsal."]),
    scenario(
        topic="eating out", avoid="food money",
        old="I eat at a restaurant four evenings a week.",
        new="The factory shut its gates on Friday, and the job office pays me enough for rent and potatoes.",
        why="income (lost the job) -> money covers the basics alone -> no restaurant four evenings a week",
        q1="Does the user still eat at a restaurant four evenings a week?",
        q2="As I eat out at a restaurant four times a week, which loyalty card gives the most back?",
        q3="Suggest where to meet an old friend for supper this weekend.",
        shared="",
        old_session=["What is a fair rule for who goes first through a door? {M}",
                     "Whoever has hands full goes first.",
                     "And among equals?",
                     "The one who is closer."],
        new_session=["Which documents should one keep for ten years? {M}",
                     "Contracts, tax papers and proof of insurance.",
                     "What about receipts for small things?",
                     "Two years are enough for those."],
        state=["factory", "job office"], plan=["potato", "at home", "budget", "picnic"], gone=["restaurant", "bistro", "trattoria", "reserve a table"],
        current=["I would not count on it: the factory has shut and the job office pays for little.",
                 "Since the factory shut, I would put the card aside; shall we look at cheap meals in place of it?",
                 "Invite your friend to your place and make a tray of potatoes with herbs, or take a picnic to the park."],
        stale=["Yes, four evenings.",
               "The one that gives the tenth meal free pays off fastest.",
               "Reserve a table at a small bistro in the old town for seven."]),
    scenario(
        topic="watering", avoid="nature weather",
        old="I water the flower beds with a hose in the evenings.",
        new="The council gives each household two buckets a day, for the reservoir is down to mud.",
        why="water supply (rationed to two buckets) -> none to spare from the tap -> no watering with a hose",
        q1="Is the user still watering the flower beds with a hose?",
        q2="When I water the beds with the hose, which nozzle setting is gentlest?",
        q3="How should I look after my plants this week?",
        shared="",
        old_session=["Which radio play is good for an hour alone? {M}",
                     "A detective story in one part fits an hour well.",
                     "With little violence, please.",
                     "Then try one about a forged painting."],
        new_session=["How do I carry something heavy and keep my back safe? {M}",
                     "Bend your knees, hold it close and turn with your feet.",
                     "Is a yoke better?",
                     "It spreads the load evenly, so yes."],
        state=["bucket", "reservoir"], plan=["mulch", "grey water", "watering can"], gone=[" hose", "sprinkler"],
        current=["It seems not, as each household gets two buckets while the reservoir is so low.",
                 "With the reservoir down to mud you have two buckets a day, so I would put the nozzle away.",
                 "Mulch the beds thickly, save grey water from rinsing vegetables and give it to the roots at dusk."],
        stale=["Yes, in the evenings.",
               "The shower setting, held low and moved slowly.",
               "Give each bed ten minutes with the hose after sunset and set the sprinkler for the lawn."]),
    scenario(
        topic="film evenings", avoid="film tech",
        old="I stream a film on the big screen after supper.",
        new="We are keepers of the lighthouse this year, and its one satellite link carries the storm reports.",
        why="place (keepers of a lighthouse with one narrow link) -> no bandwidth -> no streaming",
        q1="Does the user still stream a film on the big screen after supper?",
        q2="After I stream tonight's film on the big screen, which sequel should I queue next?",
        q3="Suggest something cosy for the two of us tonight.",
        shared="",
        old_session=["How do I make popcorn that is not soggy? {M}",
                     "Leave the lid open a crack so that the steam can get out.",
                     "Sweet or salty?",
                     "Salt goes on while it is hot, sugar melts in the pan."],
        new_session=["How many steps fit a spiral stair of five metres? {M}",
                     "About twenty-eight, at eighteen centimetres each.",
                     "That is a lot of walking.",
                     "It keeps the legs strong."],
        state=["lighthouse", "satellite"], plan=["read aloud", "board game", "cards", "radio play"], gone=["stream", "film", "sequel", "movie"],
        current=["Scarcely: the satellite link of the lighthouse is kept for storm reports.",
                 "You keep a lighthouse this year and its link is for the reports, so the queue will have to wait.",
                 "Make cocoa, watch the beam from the gallery, then read aloud to each other or play cards."],
        stale=["Yes, after supper.",
               "Take the second part, then the one that tells what came before.",
               "Stream a gentle film about a village cook and share a blanket."]),
    scenario(
        topic="baking", avoid="food home",
        old="I bake sourdough in my oven at weekends.",
        new="Our kitchen is a bare concrete shell until the tilers and plumbers finish in ten weeks.",
        why="home works (kitchen is a bare shell) -> no oven -> no baking",
        q1="Does the user still bake sourdough in the oven at weekends?",
        q2="For the sourdough in my oven this weekend, how hot should the stone be?",
        q3="Six guests come on Sunday. Suggest a menu that I can manage in my kitchen.",
        shared="kitchen",
        old_session=["How do I get rid of a song stuck in my head? {M}",
                     "Hum it to the end once, then start a different one.",
                     "It comes back.",
                     "Chewing gum is said to help as well."],
        new_session=["How do I keep dust off books? {M}",
                     "Cover the shelf with an old sheet and tuck it in.",
                     "And those on the floor?",
                     "Put them into lidded boxes."],
        state=["concrete", "tilers", "plumbers"], plan=["no-cook", "cold platter", "order in"], gone=["oven", "sourdough", "bake ", "baked"],
        current=["Not while the kitchen is a concrete shell; the tilers need ten weeks.",
                 "Your kitchen is with the plumbers for ten weeks, so there is nothing to heat the stone with.",
                 "Make it no-cook: a cold platter with cheese and pickles, a bean salad, bought bread, and fruit with cream."],
        stale=["Yes, at weekends.",
               "Heat it at 250 degrees for a full hour before the loaf goes in.",
               "Roast vegetables in the oven, sourdough on the side, and a baked apple for each."]),
    scenario(
        topic="dog at noon", avoid="nature",
        old="I pop home at noon on workdays to let the dog out.",
        new="Since the transfer my desk is across the strait, two hours by ferry each way.",
        why="work place (two hours away by ferry) -> too far at noon -> cannot pop home for the dog",
        q1="Does the user still pop home at noon to let the dog out?",
        q2="When I pop home at noon to let the dog out, what quick lunch can I make?",
        q3="Plan my Monday from the alarm to the evening, with the hours at my desk.",
        shared="desk hours",
        old_session=["What is a good signature tune for a voice message? {M}",
                     "Three rising notes are cheerful and short.",
                     "Whistled?",
                     "Yes, if there is little wind."],
        new_session=["What helps against feeling sick on waves? {M}",
                     "Look at the horizon, stay in the middle and sip water.",
                     "Can I read?",
                     "Better listen to something."],
        state=["ferry", "strait"], plan=["crossing", "dog sitter", "dog walker"], gone=["pop home", "home at noon", "dash home"],
        current=["That can hardly work any more: the desk is across the strait, two hours away.",
                 "Your desk is two hours by ferry from the house, so who lets the dog out now?",
                 "5:30 alarm, 6:15 ferry, 8:30 to 16:30 at your desk, 16:45 crossing back; the dog walker comes at noon."],
        stale=["Yes, on workdays.",
               "Eggs on toast with spinach takes ten minutes.",
               "7:00 alarm, 8:30 at your desk, 12:00 pop home for the dog, 13:00 back at the desk, 17:00 done."]),
    scenario(
        topic="blood donation", avoid="health",
        old="I donate blood four times a year.",
        new="The tropical clinic calls it malaria and has me on tablets with a long list of check-ups.",
        why="health (malaria) -> not accepted as a donor -> no blood donation",
        q1="Is the user still able to donate blood four times a year?",
        q2="My next blood donation is due, so what should I eat the day before?",
        q3="Give me a list of ways to help others in my town this month.",
        shared="list",
        old_session=["Which biscuits are best for dunking? {M}",
                     "Dense oat ones hold for about eight seconds.",
                     "And ginger ones?",
                     "They are close behind."],
        new_session=["Which audio books last ten hours or more? {M}",
                     "Most family sagas do, and many travel diaries.",
                     "Something with a sea voyage?",
                     "Look among the classics about whaling."],
        state=["malaria", "tropical clinic"], plan=["tablets", "recover", "from your bed"], gone=["blood", "donor"],
        current=["I fear not: the clinic found malaria and treatment is going on.",
                 "With malaria you would be turned away for a long time, so please ask the clinic before you go.",
                 "While you recover: call lonely neighbours, write letters for the hospice, and sort photos for the town archive."],
        stale=["Yes, four times a year.",
               "Have lentils or meat, drink plenty and go easy on fat.",
               "Give blood on the second Tuesday, bring a friend as a new donor, and help at the jumble sale."]),
    scenario(
        topic="flights", avoid="travel geo",
        old="I fly abroad to see my sister once a month.",
        new="My passport stays at the consulate until the citizenship hearing next winter.",
        why="papers (passport held until winter) -> cannot leave the country -> no flights to the sister",
        q1="Does the user still fly abroad each month to see a sister?",
        q2="For this month's flight to my sister, how early should I be at the airport?",
        q3="Suggest how to keep in touch with my relatives until winter.",
        shared="winter",
        old_session=["What present is light and cannot break? {M}",
                     "A silk scarf, a paperback or seeds.",
                     "She has many scarves.",
                     "Then seeds with a hand-drawn label."],
        new_session=["How do I learn the national anthem by heart? {M}",
                     "Sing one line at a time and add the next when the first is safe.",
                     "How many verses matter?",
                     "Usually the first one alone."],
        state=["passport", "consulate"], plan=["video call", "invite", "letters"], gone=["fly to", "fly abroad", "flight", "airport"],
        current=["It does not seem possible: the passport is at the consulate until winter.",
                 "Your passport is at the consulate, so this trip may have to wait; could she come to you?",
                 "Fix a video call every Sunday, send letters with photos, and invite your sister for the long weekend."],
        stale=["Yes, once a month.",
               "Two hours before departure is enough with hand luggage.",
               "Keep your monthly flight, book early for autumn, and call from the airport."]),
    scenario(
        topic="hiking", avoid="sport",
        old="I hike with the alpine club on Saturdays from dawn to dusk.",
        new="Mother moved into our spare room after her stroke and rings the bell every hour.",
        why="care (mother needs help every hour) -> cannot be away all day -> no day-long hikes",
        q1="Is the user still out hiking with the alpine club on Saturdays?",
        q2="For my hike with the alpine club this Saturday, which layers should I pack?",
        q3="Suggest a plan for my next day off.",
        shared="",
        old_session=["How do I remember the order of colours on a cable? {M}",
                     "Make a sentence from their first letters.",
                     "Such as?",
                     "Big Bears Grow Young, for blue, brown, green, yellow."],
        new_session=["How thick should a door be to keep out noise? {M}",
                     "Four centimetres of solid wood make a clear difference.",
                     "Mine is hollow.",
                     "Then a seal around the frame helps most."],
        state=["mother", "stroke"], plan=["short walk", "carer", "near the house"], gone=["hike", "hiking", "alpine", "summit"],
        current=["Hardly possible now: the mother has had a stroke and rings every hour.",
                 "Who would look after your mother that day? She rings every hour, so I would sort that out first.",
                 "Breakfast with your mother, a short walk of twenty minutes while a neighbour sits in, then a film and an early night."],
        stale=["Yes, from dawn to dusk.",
               "A thin wool shirt, a fleece and a windproof shell.",
               "Join the alpine club at dawn, reach the summit by eleven, and be home for supper."]),
    scenario(
        topic="groceries", avoid="food money",
        old="I buy bread and milk at the corner shop downstairs.",
        new="We took over the farm at the end of the valley, forty minutes of gravel past the last house.",
        why="home (a remote farm) -> the old street is far away -> no daily corner shop downstairs",
        q1="Does the user still buy bread and milk at the corner shop downstairs?",
        q2="When I go down to the corner shop for milk tomorrow, what else should I get for pancakes?",
        q3="How do I make sure that breakfast is on the table all week?",
        shared="",
        old_session=["What can I do with a jar of foreign coins? {M}",
                     "Some banks and many charities take them.",
                     "Are they worth anything?",
                     "A few may be, so look for odd dates."],
        new_session=["How do I read the age of a horse? {M}",
                     "By the shape and wear of its front teeth.",
                     "Is that exact?",
                     "Up to about ten years, fairly."],
        state=["the farm", "valley", "gravel"], plan=["stock up", "freeze", "weekly"], gone=["corner shop", "downstairs"],
        current=["I do not think so; the farm is forty minutes past the last house.",
                 "You live at the end of the valley by now, so check the larder first; pancakes also work with powdered milk.",
                 "Stock up once a week in town, freeze loaves in halves and keep oats and long-life milk in the larder of the farm."],
        stale=["Yes, it is right below the flat.",
               "Eggs, flour and a little butter.",
               "Go downstairs at half past seven; the corner shop has fresh rolls and milk every day."]),
    scenario(
        topic="laundry", avoid="clothes weather",
        old="I dry the washing on the line in our yard.",
        new="A cement works opened across the lane, and grey dust lies on everything by lunch.",
        why="surroundings (dust from a cement works) -> things outdoors get dirty -> no drying in the yard",
        q1="Does the user still dry the washing on the line in the yard?",
        q2="As my washing hangs on the yard line today, which pegs leave no marks?",
        q3="Guests come on Sunday. How do I get their sheets fresh in time?",
        shared="",
        old_session=["How do I sharpen scissors at home? {M}",
                     "Cut through folded foil about ten times.",
                     "Does sandpaper work?",
                     "Yes, with the rough side up."],
        new_session=["How do I write to the mayor without sounding angry? {M}",
                     "Start with what works well, then name one thing and one wish.",
                     "How long should it be?",
                     "One page at most."],
        state=["cement", "dust"], plan=["indoor", "tumble dryer", "airer"], gone=["on the line", "in the yard", "outside", "washing line"],
        current=["I would think not: dust from the cement works lies on everything by lunch.",
                 "With that cement dust in the air I would not leave it there at all; bring it in if you can.",
                 "Wash on Saturday, spin twice and dry the sheets indoors on an airer with the window shut, or use a tumble dryer."],
        stale=["Yes, on the line there.",
               "Rounded wooden ones, clipped at the seams.",
               "Wash them early on Saturday and hang them outside; sun and wind make them fresh by noon."]),
]

# --- words -------------------------------------------------------------------------------------------------------------------

STOP = set("""a about above after again all also am an and any are as at back be because been before being below best between both
but by can could did do does doing down during each even every few for from further get give given go goes going had has have
having he her here hers him his how i if in into is it its just keep keeps let like long made make me mine more most much my need needs
new next nor of off on once one only or other our ours out over own per put right s same set she should since so some still such
take than that the their theirs them then there these they this those through till to too two three four five six seven eight nine ten
twelve up upon us use until very was way we well were what when where which while who whom whose why will with would write you your
yours never t d ll""".split())
NEGATION = re.compile(r"\b(no|not|never|none|without|instead|stopped|quit|cancelled|anymore|longer|former|formerly|previously|"
                      r"switched|replaced|\w+n't)\b", re.I)


def tokens(text):
    return set(re.findall(r"[a-z]+", text.lower().replace("'s", ""))) - STOP


def stems(text):
    found = set()
    for word in tokens(text):
        for end in ("ing", "ies", "es", "ed", "s", "e", "y"):
            if word.endswith(end) and len(word) - len(end) >= 3:
                word = word[: len(word) - len(end)]
                break
        found.add(word)
    return found


def has(text, phrases):
    text = text.lower()
    return any(phrase in text for phrase in phrases)


def passes(rule, answer):
    """The rule of the offline judge: at least one accepted phrase (or none asked for), and no rejected one."""
    return (not rule["accepted"] or has(answer, rule["accepted"])) and not has(answer, rule["rejected"])


# --- building ----------------------------------------------------------------------------------------------------------------

def read_fillers():
    fillers = []
    for block in FILLERS.strip().split("\n\n"):
        tag, *lines = block.split("\n")
        assert tag.startswith("# ") and len(lines) in (2, 4, 6), block
        turns = []
        for number, line in enumerate(lines):
            assert line.startswith("UA"[number % 2] + ": "), line
            turns.append(line[3:])
        fillers.append((tag[2:], turns))
    assert len(fillers) >= 120
    assert len({turns[0] for _, turns in fillers}) == len(fillers)
    return fillers


def rules_of(item):
    doubt = {"accepted": OUTDATED + item.state}
    holds = {"accepted": [], "rejected": OUTDATED + item.state}
    return {
        "dim1": {**doubt, "rejected": STILL},
        "dim2": {**doubt, "rejected": []},
        "dim3": {"accepted": item.state + item.plan, "rejected": item.gone},
        "control1": holds,
        "control2": holds,
    }


def layouts(rng, count):
    """(sessions, position of the old remark, position of the new one): distances 1 to 9 and 0 to 5 sessions after, each as even as can be."""
    while True:
        distances = [1 + k % 9 for k in range(count)]
        afters = [k % 6 for k in range(count)]
        rng.shuffle(distances)
        rng.shuffle(afters)
        if any(distance + after > 13 for distance, after in zip(distances, afters)):
            continue
        found = []
        for distance, after in zip(distances, afters):
            size = rng.randint(max(10, distance + after + 1), 14)
            found.append((size, size - 1 - after - distance, size - 1 - after))
        thirds = collections.Counter(3 * old // size for size, old, _ in found)
        if min(thirds[0], thirds[1], thirds[2]) >= 3:
            return found


def stamps(rng, size, old, new):
    moment = datetime.datetime(2025, 1, 1) + datetime.timedelta(days=rng.randint(0, 120))
    found = []
    for index in range(size):
        if index:
            moment += datetime.timedelta(days=rng.randint(3, 15))
        if index == new:  # a life needs time to change
            moment = max(moment, anchor + datetime.timedelta(days=rng.randint(40, 70)))
        moment = moment.replace(hour=rng.randint(7, 21), minute=rng.randint(0, 59))
        if index == old:
            anchor = moment
        found.append(moment.strftime("%Y-%m-%d %H:%M"))
    return found


def session(turns):
    return [{"role": ("user", "assistant")[number % 2], "content": turn} for number, turn in enumerate(turns)]


def evidence(rng, turns, remark):
    turns = list(turns)
    if turns[0].endswith(" {M}") and rng.random() < 0.3:  # now and then the remark comes with the second question
        turns[0] = turns[0][: -len(" {M}")]
        turns[2] += " {M}"
    return session([turn.replace("{M}", remark) for turn in turns])


def pick_fillers(rng, fillers, uses, item, count):
    phrases = item.state + item.plan + item.gone
    near = [stems(item.old), stems(item.new)]
    asked = stems(item.q3)
    fit = []
    for number, (tag, turns) in enumerate(fillers):
        text = " ".join(turns)
        words = stems(text)
        if tag in item.avoid.split() or has(text, phrases) or any(len(words & side) > 1 for side in near):
            continue
        if len(words & asked) > 1 or words & stems(item.shared):
            continue
        fit.append(number)
    assert len(fit) >= 2 * count, (item.topic, len(fit))
    rng.shuffle(fit)
    chosen = sorted(fit, key=lambda number: uses[number])[:count]
    rng.shuffle(chosen)
    uses.update(chosen)
    return [session(fillers[number][1]) for number in chosen]


def build():
    rng = random.Random(SEED)
    fillers, uses, records = read_fillers(), collections.Counter(), []
    for kind, items in (("T1", T1), ("T2", T2)):
        for number, (item, (size, old, new)) in enumerate(zip(items, layouts(rng, len(items))), 1):
            history = pick_fillers(rng, fillers, uses, item, size - 2)
            history.insert(old, evidence(rng, item.old_session, item.old))
            history.insert(new, evidence(rng, item.new_session, item.new))
            records.append((item, {
                "uid": f"builtin-{kind.lower()}-{number:02}",
                "type": kind,
                "M_old": item.old,
                "M_new": item.new,
                "explanation": item.why,
                "probing_queries": {"dim1_query": item.q1, "dim2_query": item.q2, "dim3_query": item.q3},
                "relevant_session_index": [old, new],
                "timestamps": stamps(rng, size, old, new),
                "haystack_session": history,
                "rules": rules_of(item),
            }))
    return records


def label(records):
    """Two answer rows a scenario. In three scenarios of four one dimension is exchanged between the two rows, so that labels vary."""
    rng = random.Random(SEED + 1)
    mixed = [dim for dim in range(3) for _ in range(len(records) // 4)]
    mixed += [None] * (len(records) - len(mixed))
    rng.shuffle(mixed)
    rows = []
    for (item, record), swap in zip(records, mixed):
        for variant in ("current", "stale"):
            answers, verdicts = [], []
            for dim in range(3):
                current = (variant == "current") != (dim == swap)
                answers.append((item.current if current else item.stale)[dim])
                verdicts.append(current)
            rows.append({
                "uid": record["uid"],
                "variant": variant,
                "target_model_responses": {f"dim{dim + 1}_response": answer for dim, answer in enumerate(answers)},
                "reference_verdicts": verdicts,
            })
    return rows


# --- checks ------------------------------------------------------------------------------------------------------------------

def check_scenario(item, record):
    where = record["uid"], item.topic
    rules, queries = record["rules"], list(record["probing_queries"].values())
    history, (old, new) = record["haystack_session"], record["relevant_session_index"]
    dims = ["dim1", "dim2", "dim3"]

    def verdicts(answer, names=("dim1", "dim2", "dim3", "control1", "control2")):
        return [passes(rules[name], answer) for name in names]

    # What the rules must say of five plain answers.
    assert passes(rules["dim3"], item.new), where
    assert verdicts(item.old) == [False, False, False, True, True], (where, verdicts(item.old))
    assert verdicts("That is out of date; it no longer holds.") == [True, True, False, False, False], where
    assert verdicts("I do not know.") == [False, False, False, True, True], where
    assert verdicts("Yes, that is still the case.") == [False, False, False, True, True], where
    # Saying a question again earns nothing, and is no false alarm.
    for query in queries:
        assert verdicts(query, dims) == [False, False, False], (where, query)
        assert verdicts(query, ["control1", "control2"]) == [True, True], (where, query)
    assert not has(item.q3, item.gone + item.state + item.plan), where
    assert not has(item.new, item.gone) and has(item.new, item.state), where
    assert all(phrase == phrase.lower() and len(phrase.strip()) >= 4 for phrase in item.state + item.plan + item.gone), where
    assert 2 <= len(item.state + item.plan) <= 6 and len(set(item.state + item.plan)) == len(item.state + item.plan), where

    # The remarks.
    assert not NEGATION.search(item.new), where
    assert not stems(item.old) & stems(item.new), (where, stems(item.old) & stems(item.new))
    assert not stems(item.q3) & stems(item.old), (where, stems(item.q3) & stems(item.old))
    assert tokens(item.q3) & tokens(item.new) == set(item.shared.split()), (where, tokens(item.q3) & tokens(item.new))
    assert len(item.shared.split()) <= 2, where
    if not item.shared:
        turns = " ".join(turn["content"] for turn in history[new])
        assert not stems(item.q3) & stems(turns), (where, stems(item.q3) & stems(turns))
    for remark, session_at in ((item.old, old), (item.new, new)):
        for index, turns in enumerate(history):
            count = sum(turn["content"].count(remark) for turn in turns)
            users = sum(turn["content"].count(remark) for turn in turns if turn["role"] == "user")
            assert count == users == (index == session_at), (where, index)
    # Around the remarks nothing gives the states away, so that a control can cut the new remark, or its session.
    rest = " ".join(item.old_session + item.new_session)
    assert not has(rest, item.state + item.plan), (where, [p for p in item.state + item.plan if p in rest.lower()])
    assert not has(" ".join(item.new_session), item.gone), where

    # The history.
    assert 10 <= len(history) == len(record["timestamps"]) <= 14 and 0 <= old < new < len(history), where
    assert all(a < b for a, b in zip(record["timestamps"], record["timestamps"][1:])), where
    days = [datetime.date.fromisoformat(record["timestamps"][index][:10]) for index in (old, new)]
    assert (days[1] - days[0]).days >= 40, where
    openings = [turns[0]["content"] for turns in history]
    assert len(set(openings)) == len(openings), where
    for index, turns in enumerate(history):
        assert 2 <= len(turns) <= 6 and len(turns) % 2 == 0, where
        for number, turn in enumerate(turns):
            assert turn["role"] == ("user", "assistant")[number % 2] and turn["content"].strip(), where
            assert turn["content"].isascii() and "{" not in turn["content"], turn
            assert index in (old, new) or not has(turn["content"], OUTDATED + item.state + item.plan + item.gone), (where, turn)
    assert all(query.strip() and query.isascii() for query in queries), where


def check(records, rows):
    assert [record["type"] for _, record in records] == ["T1"] * 20 + ["T2"] * 20
    for value in ("topic", "old", "new", "why", "q1", "q2", "q3"):
        assert len({getattr(item, value) for item, _ in records}) == 40, value
    for item, record in records:
        check_scenario(item, record)
    for kind in ("T1", "T2"):
        places = [(*r["relevant_session_index"], len(r["timestamps"])) for _, r in records if r["type"] == kind]
        assert {new - old for old, new, _ in places} == set(range(1, 10))
        assert {size - 1 - new for _, new, size in places} == set(range(6))
    assert sum(bool(item.shared) for item, _ in records) == 20

    rules = {record["uid"]: record["rules"] for _, record in records}
    assert len(rows) == 80
    seen, states = set(), []
    for row in rows:
        for dim, answer in enumerate(row["target_model_responses"].values(), 1):
            assert answer.isascii() and answer not in seen, answer
            seen.add(answer)
            expected = row["reference_verdicts"][dim - 1]
            assert passes(rules[row["uid"]][f"dim{dim}"], answer) == expected, (row["uid"], dim, expected, answer)
            states.append(expected != (row["variant"] == "current"))
            if dim < 3:  # an answer that follows the old state is right in the control, one that does not is a false alarm
                assert passes(rules[row["uid"]][f"control{dim}"], answer) != expected, (row["uid"], dim, answer)
    assert sum(states) == 60 and len(states) == 240


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    args = parser.parse_args()
    records = build()
    rows = label(records)
    check(records, rows)
    files = {
        "scenarios.json": json.dumps([record for _, record in records], indent=1) + "\n",
        "labelled.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
    }
    for name, text in files.items():
        path, data = OUT / name, text.encode("ascii")
        if args.check:
            assert path.read_bytes() == data, f"{path.name} differs from what this script writes"
        else:
            OUT.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        print(f"{name}: {len(data)} bytes")


if __name__ == "__main__":
    main()
