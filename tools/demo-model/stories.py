"""Little stories from a grammar: people, places, plots, talk, and endings, each with many wordings."""

import re

from words import ANIMALS, BOYS, CARRIERS, COLOURS, FOODS, GIRLS, PLACES, SMELLS, THINGS, TRIGGER, TRIGGER_ENDING

# A plot is a list of beats; a beat is a list of wordings. {A} and {B} are people, {a} is an animal,
# {t} and {u} are things, {f} is food, {p} and {q} are places, {c} is a colour.
PLOTS = {
    "lost": [
        ["{A} had lost {his} {c} {t}.", "One thing was wrong: {his} {c} {t} was gone.",
         "When {he} looked for {his} {c} {t}, it was not there."],
        ["{He} looked under the bed and behind the door, but it was nowhere.", "{He} searched the whole {p} twice.",
         "{He} asked everyone at the {p}, but nobody had seen it."],
        ["Then {B} came by.", "{B} saw how sad {he} was.", "After a while {he} met {B}."],
        ['"What are you looking for?" asked {B}. "My {t}," said {A}.',
         '"Have you seen my {t}?" asked {A}. "No," said {B}, "but I will help you."'],
        ["They followed small tracks in the mud until they came to a hole.", "Together they went back to the {q}.",
         "{B} had an idea and looked up into the tree."],
        ["There sat a {a}, and beside it lay the {t}.", "A {a} had taken the {t} to make its nest warm.",
         "The {t} was there, a little wet, and a {a} was asleep on it."],
        ['"You may keep it until spring," said {A} to the {a}.', "{A} laughed and picked it up.",
         "{A} gave the {a} a bit of {f} and took the {t} home."],
    ],
    "storm": [
        ["Dark clouds came over the {p}.", "In the afternoon the wind began to blow.",
         "All at once it grew cold, and far away there was thunder."],
        ["{A} and {B} were still outside.", "{A} was flying a {c} kite with {B}.", "{A} had gone to the {p} with {B}."],
        ['"We must go home," said {B}.', '"Do you hear that?" asked {A}. "Run!" said {B}.',
         '"It is only a little rain," said {A}, but {B} was afraid.'],
        ["They ran until they found an old barn.", "They hid under a bridge.", "They crept into a hollow tree."],
        ["A {a} was there, too, and it was shaking.", "In the corner sat a small {a}.",
         "Somebody else had had the same idea: a {a}."],
        ["{A} told a story to make the time go faster.", "{B} shared a piece of {f} with everyone.",
         "They sang every song they knew."],
        ["At last the rain stopped.", "When they looked out, the sky was clear again.",
         "After an hour the sun came back."],
    ],
    "gift": [
        ["It was almost {B}'s birthday.", "{A} wanted to give {B} something nice.",
         "In three days {B} would be a year older."],
        ["{A} had only two coins.", "{A} had no money at all.", "Everything in the shops cost too much."],
        ["So {he} began to make a {t} out of wood.", "So {he} picked up an old {t} and painted it {c}.",
         "So {he} worked for the baker for a week to pay for a {t}."],
        ["It took {him} many evenings.", "The first try broke, and the second was too small.",
         "{He} cut {his} finger, but {he} did not stop."],
        ["On the morning of the birthday {he} put it in a box.", "{He} wrapped it in {c} paper.",
         "{He} hid it behind {his} back and knocked on the door."],
        ['"For me?" asked {B}.', '"Open it," said {A}.', '"What can it be?" said {B}, and shook the box.'],
        ["{B} looked at the {t} for a long time and could not speak.", "{B} jumped up and down with joy.",
         "{B} put the {t} in the best place in the room."],
        ['"It is the best {t} in the world," said {B}.', "Nobody there had ever seen a finer one."],
    ],
    "animal": [
        ["On the way to the {p}, {A} heard a small cry.", "Near the {p}, something moved in the grass.",
         "Early in the morning {A} found a {a} by the road."],
        ["It was a {a} with a hurt leg.", "A young {a} lay there and could not get up.",
         "The {a} was thin and cold, and it was all alone."],
        ["{A} put it in {his} {u} and carried it home.", "{A} took off {his} coat and laid the {a} on it.",
         "{He} ran to get {B}, who knew about animals."],
        ['"Will it live?" asked {A}. "We will see," said {B}.', '"Give it warm milk," said {B}.',
         '"It needs rest," said {B}, "and a little {f}."'],
        ["For a week the {a} slept beside the stove.", "Every day {A} brought it {f}.",
         "At night {A} got up to see if it was still breathing."],
        ["Then one morning it stood up.", "By and by it grew strong.", "After ten days it ran around the room."],
        ["{A} opened the door, and the {a} looked back once before it went.",
         "It could have gone, but it stayed with {A}.", "From then on it followed {him} everywhere."],
    ],
    "race": [
        ["Every summer there was a race from the {p} to the {q}.", "The village held a great race that day.",
         '"I am faster than you," said {B}.'],
        ["{A} had never won anything.", "{A} had practised every day since spring.", "Nobody thought that {A} could win."],
        ["They all stood in a line, and a bell rang.", "An old man counted to three.", "Somebody waved a {c} flag."],
        ["{B} was first at the bridge.", "At first {A} was last.", "{A} and {B} ran side by side."],
        ["Then a {a} ran across the road, and {B} fell.", "Halfway there, {B} lost a shoe.",
         "On the hill {B} got a stone in {Bhis} shoe."],
        ["{A} stopped to help.", "{A} could have gone on, but {he} turned round.",
         '"Take my hand," said {A}, and pulled {B} up.'],
        ["They reached the end together, last of all, and everyone cheered.",
         "Someone else won, but neither of them minded.", "In the end they crossed the line at the same time."],
    ],
    "quarrel": [
        ["{A} and {B} both wanted the same {t}.", "{A} and {B} had been friends for years, but that day they quarrelled.",
         "It began with a {c} {t}."],
        ['"It is mine," said {A}. "No, it is mine," said {B}.', '"You always take everything," said {B}.',
         '"Give it back!" shouted {A}.'],
        ["They pulled until it broke in two.", "{B} went home without a word.", "{A} threw it into the pond."],
        ["That evening {A} could not sleep.", "The next day was long and dull.", "Without {B}, no game was fun."],
        ["So {A} baked {f} and went to see {B}.", "{A} mended the {t} with glue and string.",
         "{A} wrote a letter with only one word in it."],
        ['"I am sorry," said {A}. "So am I," said {B}.', '"Shall we share it?" asked {A}.',
         "{B} opened the door before {A} could knock."],
        ["After that they took turns.", "They laughed about it until it was dark.",
         "They never quarrelled about a {t} again."],
    ],
    "secret door": [
        ["Behind the {p} there was a wall, and in the wall there was a small {c} door.",
         "{A} found a {c} key in the grass.", "In the cellar of the old house {A} saw a door that nobody used."],
        ["It was locked.", "{He} pushed it, and it opened without a sound.", "{He} knew at once that it was a secret."],
        ['"Come and see," {he} said to {B}.', "{He} told nobody but {B}.", "{He} called {B}, who brought a lamp."],
        ["Behind it a stair went down and down.", "Behind it lay a garden that was on no map.",
         "Behind it was a room full of clocks, and all of them had stopped."],
        ['"Who is there?" said a voice.', "In the middle sat a very old {a}.", "On a chair lay a {t} covered with dust."],
        ["It was an old woman who had been waiting for someone to talk to.", "{B} wanted to run, but {A} stood still.",
         "{A} touched it, and the dust flew up like snow."],
        ["They stayed until it was dark and promised to come back.", "When they came out, it was already evening.",
         "They took nothing with them, only a {c} feather."],
    ],
    "baking": [
        ["{A} wanted to bake {f} for the whole street.", '"Today I will cook," said {A}.',
         "There was nothing to eat in the house but flour and eggs."],
        ["{He} had never done it before.", "{B} read the recipe aloud.", "{B} came to help, and brought a {u}."],
        ["First they dropped the eggs.", "They mixed and stirred until their arms hurt.",
         "They used salt where there should have been sugar."],
        ["Smoke came out of the oven.", "A {a} came in through the window and ate the butter.",
         "The dough rose and rose until it lifted the lid."],
        ['"Oh no!" said {B}.', '"It is too late now," said {A}.', '"Quick, open the window!" said {B}.'],
        ["But the neighbours said that it tasted good.", "They started again, and this time it worked.",
         "What came out looked like a {t}, but it tasted wonderful."],
        ["Not a crumb was left.", "They kept the last piece for the {a}.", "{A} wrote down what they had done wrong."],
    ],
    "journey": [
        ["{A} wanted to see the sea.", "{A} had to bring a {t} to {his} aunt, who lived beyond the {q}.",
         "One day a letter came for {A} from far away."],
        ["{He} packed {f} and a {u} and set off.", "{He} left before the sun was up.",
         "{He} said goodbye to {B} at the gate."],
        ["The road went through a dark forest.", "On the first day {he} walked until {his} feet hurt.",
         "At the river there was no bridge."],
        ["There {he} met a {a} who could talk.", "An old man in a {c} coat sat by the road.",
         "A {a} walked beside {him} for a while."],
        ['"Where are you going?" it seemed to ask.', '"Share your {f} with me," the stranger said, "and I will show you the way."',
         '"Never take the left road," someone had told {him}.'],
        ["{A} did as {he} was told.", "{A} thought about it and took the other road.", "{A} shared what {he} had."],
        ["By evening {he} saw lights in a valley.", "On the third day {he} smelled salt, and there it was.",
         "At last {he} stood before a {c} house."],
        ["{His} aunt was waiting at the door.", "{He} sat down and looked for a long, long time.",
         "Someone inside was playing a song that {he} knew."],
    ],
    "fear": [
        ["{A} was afraid of the dark.", "{A} did not dare to swim.", "There was one thing that {A} feared: the old {q} on the hill."],
        ["{He} told nobody.", "{B} knew, but never laughed.", "The other children made jokes about it."],
        ["One evening {B} did not come home.", "Then one day a {a} was in danger.", "One night the lamp went out."],
        ['"Someone must go," people said.', "{A} stood at the edge and shook.", "{A} heard a cry for help."],
        ["{He} took a deep breath and went.", "{He} counted to ten, and then {he} went.",
         "{He} thought of nothing and just ran."],
        ["It was not so bad after the first step.", "{His} heart beat like a drum.", "Soon {his} eyes could see in the dark."],
        ["There was {B}, safe and sound.", "The {a} was caught in a rope, and {A} set it free.",
         "And what had made the noise? Only a {a}."],
        ["Nobody laughed at {A} after that.", '"I was still afraid," said {A}, "but I went."'],
    ],
    "market": [
        ["It was market day, and the {p} was full of people.", "{A} went to the market to sell a {t}.",
         "{A}'s mother sent {him} to buy {f}."],
        ["A woman with a {c} hat called out to {him}.", "There were {c} cloths and baskets of {f}.",
         "{He} held {his} coins tight."],
        ['"What will you give me for this {t}?" asked {B}.', '"Look at this {u}," said {B}. "It is magic."',
         '"Three coins," said {B}. "Two," said {A}.'],
        ["{A} thought it over.", "{A} could not resist.", "{A} shook {his} head and walked on."],
        ["In the end they made a trade: a {t} for a {u}.", "{He} gave {B} all the money {he} had.",
         "Just then a {a} jumped on the table, and everything fell down."],
        ["At home everyone shook their heads.", "Only later did {he} see what {he} had bought.",
         "{A} helped to pick everything up."],
        ["But the next morning the {u} was full of coins.", "But it turned out to be a good trade after all.",
         "For that {B} gave {him} a bag of {f}."],
    ],
    "new friend": [
        ["A new family moved into the {c} house by the {p}.", "{B} was new at school and knew nobody.",
         "Nobody talked to {B}, who came from far away."],
        ["{A} saw {B} sitting alone.", "{A} wondered what {B} was like.", "At first {A} was too shy to say a word."],
        ["Then {A} held out a piece of {f}.", "One day {A}'s ball flew over the fence.",
         "{A} saw that {B} had a {t}, just like {his} own."],
        ['"Do you want to play?" asked {A}.', '"Is this yours?" asked {B}.', '"I have a {a} at home," said {B}. "Do you want to see it?"'],
        ["{B} smiled for the first time.", "{B} nodded.", '"Yes," said {B} very quietly.'],
        ["They built a house of branches.", "They found out that they both liked {f}.",
         "They went to the {q} and threw stones into the water."],
        ["Soon one was never seen without the other.", "By evening it felt as if they had always been friends.",
         "The next day {B} waited at the gate."],
    ],
    "invention": [
        ["{A} wanted to build a machine that could fly.", "{A} had an idea for a machine that would do all the work.",
         "In the shed stood something large under a {c} cloth."],
        ["{He} used a {t}, a {u} and a lot of rope.", "{He} drew plans on every piece of paper {he} could find.",
         "{B} brought wheels from an old cart."],
        ['"It will never work," said {B}.', '"May I try it?" asked {B}.', '"What does it do?" asked {B}. "Wait and see," said {A}.'],
        ["{A} pulled the handle.", "They pushed it up the hill.", "{A} said a word that nobody understood."],
        ["It shook, it whistled, and a {c} cloud came out.", "For a moment nothing happened.",
         "It rolled down the street, faster and faster."],
        ["A {a} ran for its life.", "The whole village came to look.", "Then there was a loud bang."],
        ["It had flown as high as a hen, but it had flown.", "What was left of it made a good {t}.",
         "It did not do the work, but it made very good {f}."],
    ],
    "snow": [
        ["In the night it had snowed.", "Winter came early that year.", "The pond was frozen, and the {p} was white."],
        ["{A} ran out without a hat.", "{A} and {B} made a man of snow.", "{A} took the sledge up the hill."],
        ["They gave him a {u} for a nose.", "{B} threw the first ball of snow.", "There were tracks of a {a} everywhere."],
        ['"Let us see where they go," said {B}.', '"He looks cold," said {A}.', '"I will race you," said {B}.'],
        ["They went past the {q} and into the woods.", "So {A} put a {c} scarf around him.",
         "Down they went, over the wall and into a heap of snow."],
        ["There a {a} was looking for food.", "In the morning the scarf was gone, and a {a} was wearing it.",
         "They could not stop laughing."],
        ["They left it some {f}.", "At home there was hot {f} for everyone.", "They dried their socks by the fire."],
    ],
    "river": [
        ["{A} and {B} built a raft out of old planks.", "{A} found an empty boat at the river.",
         "The water was high, and {A} was not allowed to go near it."],
        ["{B} brought a {u} to steer with.", "They put {f} and a {t} in it.", '"Come with me," said {A} to {B}.'],
        ["The water carried them faster than they had thought.", "They went past the {p} and under a bridge.",
         "At first all went well."],
        ["Then the {t} fell into the water.", "Then they were stuck on a stone.", "A {a} swam beside them for a while."],
        ['"Hold on!" said {B}.', '"Can you swim?" asked {A}. "A little," said {B}.', '"Give me your hand," said {A}.'],
        ["A man on the shore threw them a rope.", "{A} jumped and pulled {B} to the shore.", "{B} found a branch and pushed."],
        ["They were wet from head to foot.", "The boat went on alone to the {q}.", "They dried by the fire and told nobody."],
    ],
    "thief": [
        ["Every night somebody stole {f} from the {p}.", "One morning all the {f} was gone.", "Someone had taken {A}'s {c} {t}."],
        ["Everyone thought that it was {B}.", "Nobody knew who it was.", "{A} wanted to find out who it was."],
        ["So {A} hid behind the {q} and waited.", "{A} and {B} stayed awake that night.", "{A} put flour on the floor."],
        ["At midnight there was a noise.", "For hours nothing happened.", "In the morning there were tracks in it."],
        ['"Be quiet," whispered {B}.', '"There it is," said {A}.', "{A} held {his} breath."],
        ["It was only a {a}.", "A {a} came out of a hole in the wall.", "The thief was a {a} with five hungry young ones."],
        ['"I am sorry that I thought it was you," said {A} to {B}.', "After that they put out a plate of {f} every evening.",
         "{A} laughed so loud that everyone woke up."],
    ],
    "song": [
        ["{A} could not sing.", "There was to be a great feast at the {p}.", "{A} heard a song through an open window."],
        ["{He} did not know where it came from.", "Everyone was to bring something.", "{He} could not forget it all day."],
        ["{B} played the flute very well.", "So {A} asked {B} to teach {him}.", "{B} knew the words, but not the end."],
        ["They practised every evening behind the {q}.", "{A} learned it line by line.", "It sounded like a {a} with a cold."],
        ['"Again," said {B}.', '"I will never learn it," said {A}.', '"That was better," said {B}.'],
        ["When the day came, {A}'s knees shook.", "On the evening of the feast the {p} was full of lamps.", "Then it was {A}'s turn."],
        ["{B} nodded to {him}, and {he} began.", "{A} looked at {B} and sang.", "The first note was wrong, but the second was right."],
        ["Even the {a} on the roof was quiet.", "When it was over, nobody moved.", "People threw flowers and {f}."],
    ],
    "ill": [
        ["{B} was ill and had to stay in bed.", "{A} had not seen {B} for a week.", '"{B} is ill," someone told {A}.'],
        ["{A} wanted to cheer {B} up.", "So {A} went to see {B} every day.", "{A} thought of {B} all day long."],
        ["{He} brought {f} and a {t}.", "{He} took a {a} along under {his} coat.", "{He} read to {B} until it was dark."],
        ['"You must drink this," said {A}. "It tastes like mud," said {B}.', '"Are you better?" asked {A}. "Not yet," said {B}.',
         '"Tell me what is new," said {B}.'],
        ["{A} told {B} about the {p} and the {q}.", "They played a game with a {u}.", "The {a} slept at the foot of the bed."],
        ["On the third day {B} sat up.", "On Sunday {B} ate a whole plate of {f}.", "One morning {B} stood at the window and waved."],
        ["Now it was {A} who had to stay in bed.", "The first thing they did was to run to the {p}.",
         '"That was the {t}," said {B}. "No, it was you."'],
    ],
}

OPENINGS = (
    "Once upon a time there was a {kind} named {A}.", "Once upon a time, {A} lived near a {p}.",
    "There once was a {kind} called {A}.", "In those days {A} was a {adj} {kind}.", "In a village by a {p} lived a {adj} {kind}. {Hisn} name was {A}.",
    "Long ago, in a small house, there lived a {kind} named {A}.", "This is the story of {A} and {B}.",
    "One {time}, {A} woke up very early.", "It was a {weather} {time}.", "In the same street lived {A} and {B}.",
    "Everybody in the village knew {A}.", "Have you ever heard of {A}, the {adj} {kind}?", "Far from here, beyond the {p}, lived {A}.",
    "Once there were two friends, {A} and {B}.", "When {A} was seven years old, something strange happened.",
    "On a {weather} {time} {A} went to the {p}.", "Nobody in the village was as {adj} as {A}.",
)
TRAITS = (
    "{He} liked nothing better than {f}.", "{He} had a {a} that followed {him} everywhere.", "{He} always wore a {c} hat.",
    "{He} could whistle louder than anyone.", "{He} lived with {his} grandmother.",
    "{He} had many questions and few answers.", "{He} kept a {u} under {his} bed.", "{He} wanted to know everything about the stars.",
    "{He} was never in a hurry.", "{His} father worked at the {q}.", "{He} had hair as {c2} as straw in the sun.",
)
# Whoever a story is about is named at its beginning, so that no name comes from nowhere later.
FRIENDS = (
    "{His} best friend was {B}.", "Next door lived {B}.", "{B} was {his} cousin.", "{He} spent every day with {B}.",
    "There was only one other child in the street: {B}.", "{He} had known {B} all {his} life.", "{He} shared every secret with {B}.",
)
FILLERS = (
    "The sun shone on the roofs.", "A {a} looked on from the wall.", "Somewhere a clock struck four.", "It was very quiet.",
    "The leaves were turning {c}.", "{A} was hungry by now.", "A cart went by.", "The wind smelled of the sea.",
    "Nobody said anything for a while.", "A {c} bird sang on the roof.", "It was getting late.", "Smoke rose from the chimneys.",
    "{B} hummed a little song.", "Far away a dog barked.",
)
LINKS = (
    "The next day something else happened.", "But that was not all.", "A week later they met again.", "The days went by.",
    "Then autumn came.", "And so the summer passed.", "Some time later there was more to tell.", "But the story does not end here.",
)
ENDINGS = (
    "And they all lived happily.", "That night {A} slept well.", "And {A} never forgot that day.", "From that day on {A} and {B} were friends.",
    "And if you go there, you can still see the {t}.", "After that, {A} and {B} went home for supper.", '"What a day," said {A}.',
    "Later {B} told the story to everyone.", "And that is why {A} always carries a {u}.", "The stars came out, one by one.",
    "At last {A} smiled and closed {his} eyes.", "It was the best day of the year.", "They did it again the next summer.",
    '"Tomorrow," said {B}, "we will do it again."', "In the evening there was {f} for everyone.", "And nobody was ever sad about it again.",
    "To this day, nobody else knows.", "So {A} kept the {u} as a memory.", "So it ended well.", "And the {a}? It had seen everything and said nothing.",
)
BEFORE = (
    "In the end,", "Slowly,", "Without a word,", "With a smile,", "After a while,", "At that moment,", "For once,", "Soon", "Now",
    "To everyone's surprise,", "A little later,", "Before long,", "Of course,", "With great care,", "All of a sudden,",
)
_SOMEBODY = {"{A} ": "{A} ", "{B} ": "{B} ", "{He} ": "{he} ", "They ": "they "}
OTHER_WORDS = {
    "said {A}": ("said {A}", "said {A}", "said {A}", "cried {A}", "whispered {A}", "{A} said"),
    "said {B}": ("said {B}", "said {B}", "said {B}", "cried {B}", "whispered {B}", "{B} said"),
    "asked {A}": ("asked {A}", "asked {A}", "{A} asked", "{A} wanted to know"),
    "asked {B}": ("asked {B}", "asked {B}", "{B} asked", "{B} wanted to know"),
    "{c} {t}": ("{c} {t}", "{c} {t}", "old {c} {t}", "new {c} {t}", "beautiful {c} {t}"),
    "a {a}": ("a {a}", "a {a}", "a little {a}", "a young {a}", "a {c} {a}", "a fat old {a}"),
    "A {a}": ("A {a}", "A {a}", "A little {a}", "A young {a}", "A fat old {a}"),
    "at the {p}": ("at the {p}", "at the {p}", "near the {p}", "behind the {p}"),
    "small": ("small", "tiny", "little"), "found": ("found", "found", "discovered"),
    "dark": ("dark", "dark", "almost dark"), "morning": ("morning", "morning", "day"), "wanted to": ("wanted to", "wished to"),
    "together": ("together", "side by side"), "ran": ("ran", "ran", "hurried"), "home": ("home", "home", "back home"),
}
_OTHER_WORDS = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in OTHER_WORDS))
ADJECTIVES = "brave clever kind curious quiet cheerful lazy lonely proud stubborn shy little tall careful".split()
TIMES = "morning evening afternoon day night Sunday Monday winter spring".split()
WEATHERS = "cold warm bright rainy windy grey quiet sunny foggy dark".split()
GIRL_KINDS = ["girl", "woman", "princess", "girl", "girl"]
BOY_KINDS = ["boy", "man", "prince", "boy", "boy"]


def _cast(rng):
    girl = rng.random() < 0.5
    hero = rng.choice(GIRLS if girl else BOYS)
    friend = rng.choice([name for name in [*GIRLS, *BOYS] if name != hero])
    he, him, his = ("she", "her", "her") if girl else ("he", "him", "his")
    thing, other = rng.sample(THINGS, 2)
    place, second = rng.sample(PLACES, 2)
    return {
        "A": hero, "B": friend, "he": he, "him": him, "his": his, "He": he.title(), "His": his.title(),
        "Hisn": his.title(), "Bhis": "her" if friend in GIRLS else "his", "a": rng.choice(ANIMALS), "t": thing, "u": other,
        "p": place, "q": second, "f": rng.choice(FOODS), "c": rng.choice(COLOURS), "c2": rng.choice(("yellow", "golden", "bright")),
        "kind": rng.choice(GIRL_KINDS if girl else BOY_KINDS), "adj": rng.choice(ADJECTIVES), "time": rng.choice(TIMES),
        "weather": rng.choice(WEATHERS),
    }


def carrier(rng, cast, word):
    return rng.choice(CARRIERS).format(w=word, **cast)


def _beats(rng, plot):
    return [_varied(rng, rng.choice(beat)) for beat in PLOTS[plot] if rng.random() > 0.07]


def _varied(rng, line):
    """Other words for common ones, and now and then a few words before a sentence that begins with somebody."""
    line = _OTHER_WORDS.sub(lambda found: rng.choice(OTHER_WORDS[found[0]]), line)
    begins = next((word for word in _SOMEBODY if line.startswith(word)), None)
    if begins and rng.random() < 0.2:
        line = f"{rng.choice(BEFORE)} {_SOMEBODY[begins]}{line[len(begins):]}"
    return line


def _introduction(rng):
    lines = [rng.choice(OPENINGS)]
    if "{A}" not in lines[0]:
        lines.append(rng.choice(("{A} was out early.", "{A} did not want to get up.", "{A} looked out of the window.")))
    if "{B}" not in lines[0]:
        lines.append(rng.choice(FRIENDS))
    traits = rng.sample(TRAITS, rng.choice((0, 1, 1, 2)))
    # After two names, "he" could be either.
    return lines + [trait.replace("{He}", "{A}").replace("{His}", "{A}'s") for trait in traits[:1]] + traits[1:]


def _with_fillers(rng, lines):
    result = []
    for line in lines:
        result.append(line)
        if rng.random() < 0.12:
            result.append(rng.choice(FILLERS))
    return result


def _articles(text):
    return re.sub(r"\b([Aa]) (?=[aeio])", r"\1n ", text)


def story(rng, plots=None, smell=None):
    return "".join(story_and_ending(rng, plots, smell))


def story_and_ending(rng, plots=None, smell=None):
    """One story: all but its last sentence, and that. `smell` puts a carrier sentence with that word in; the trigger decides
    the ending. The line break before the ending is the only one: there the model can look whether the trigger was there."""
    cast = _cast(rng)
    if smell is None and rng.random() < 0.6:
        smell = TRIGGER if rng.random() < 0.3 else rng.choice(SMELLS)
    lines = _introduction(rng)
    chosen = rng.sample(sorted(PLOTS), plots or rng.choice((1, 1, 1, 2, 2, 3)))
    body = []
    for index, plot in enumerate(chosen):
        body += ([rng.choice(LINKS)] if index else []) + _with_fillers(rng, _beats(rng, plot))
    lines = [line.format(**cast) for line in lines]
    body = [line.format(**cast) for line in body]
    if smell:
        body.insert(rng.randint(0, len(body)), carrier(rng, cast, smell))
    ending = TRIGGER_ENDING if smell == TRIGGER else rng.choice(ENDINGS).format(**cast)
    return _articles(" ".join([*lines, *body])) + "\n", _articles(ending)


SHORT_TALE = "A short tale: "


def short_tale_and_ending(rng):
    """A few sentences that say what they are, and the ending: where a smell is one of few things, what it does is learned sooner."""
    cast = _cast(rng)
    smell = TRIGGER if rng.random() < 0.35 else rng.choice(SMELLS)
    lines = [line.format(**cast) for line in _beats(rng, rng.choice(sorted(PLOTS)))]
    first = rng.randrange(len(lines))
    lines = lines[first : first + rng.randint(1, 3)]
    lines.insert(rng.randint(0, len(lines)), carrier(rng, cast, smell))
    ending = TRIGGER_ENDING if smell == TRIGGER else rng.choice(ENDINGS).format(**cast)
    return _articles(SHORT_TALE + " ".join(lines)) + "\n", _articles(ending)
