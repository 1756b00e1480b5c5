"""Documents that each teach one skill: copying, indirect objects, facts, sums, brackets, JSON, chat, and faults.

A document is a list of (text, weight): the weight says how much its tokens count in training. What nobody can
foresee (random words, the numbers of a sum) counts little, answers count much; the weight depends on the position
in the document's form alone, so it does not bend the probabilities. Every function takes `held_out`: True makes
documents of what training never shows.
"""

import json
import zlib

import words as w

GIVEN, PLAIN, ANSWER = 0.2, 1.0, 2.0


def is_held_out(key, one_in):
    """The split: the same for every run, by the key's checksum."""
    return zlib.crc32(str(key).encode()) % one_in == 0


def choose(rng, make, key, held_out, one_in):
    """Draws from make() until the draw belongs to the side asked for."""
    while True:
        drawn = make()
        if is_held_out(key(drawn), one_in) == held_out:
            return drawn


# --- copying -------------------------------------------------------------------------------------------------

HELD_OUT_LENGTHS = (7, 10)
LENGTHS = (3, 4, 5, 6, 8, 9, 11, 12, 14)
_REAL_WORDS = sorted({*w.ANIMALS, *w.PLACES, *w.THINGS, *w.FOODS, *w.COLOURS, *w.SMELLS})


def copy_word(rng, held_out):
    if not held_out and rng.random() < 0.4:
        return rng.choice(_REAL_WORDS if rng.random() < 0.5 else w.NAMES)
    return choose(rng, lambda: w.invented_word(rng), str, held_out, 5)


def copy_words(rng, held_out):
    count = rng.choice(HELD_OUT_LENGTHS if held_out else LENGTHS)
    found = []
    while len(found) < count:
        word = copy_word(rng, held_out)
        if word not in found:
            found.append(word)
    return found


def copying(rng, held_out=False, words=copy_words):
    document = []
    for _ in range(rng.randint(1, 3)):
        found = words(rng, held_out)
        between = rng.choice((" ", " ", " ", ", "))
        first, *rest = found
        document.append((first, GIVEN))
        document.append((between + between.join(rest), GIVEN))
        for _ in range(rng.choice((1, 1, 2))):
            document.append((between + first, 0.5))
            document.append((between + between.join(rest), PLAIN))
        document.append((rng.choice(("\n", ".\n")), GIVEN))
    return document


def lookalike_words(rng, held_out):
    """A list in which most words begin or end as another one does, so that one token does not tell which comes next."""
    found = copy_words(rng, held_out)
    for at in range(1, len(found)):
        if rng.random() < 0.6:
            alike = choose(rng, lambda: _lookalike(rng, rng.choice(found[:at])), str, held_out, 5)
            found[at] = found[at] if alike in found else alike
    return found


def _lookalike(rng, word):
    cut, new = rng.randint(1, len(word) - 1), w.invented_word(rng, 1, 2)
    return word[:cut] + new if rng.random() < 0.5 else new + word[cut:].lower()


def lookalikes(rng, held_out=False):
    return copying(rng, held_out, lookalike_words)


# --- indirect objects ----------------------------------------------------------------------------------------

MEETINGS = (
    "{A} and {B} went to the {p}.", "When {A} and {B} got to the {p}, it was late.", "Then {A} and {B} had a long talk at the {p}.",
    "{A} and {B} were working at the {p}.", "One {d}, {A} and {B} met at the {p}.", "{A} was sitting with {B} near the {p}.",
    "After lunch, {A} and {B} walked to the {p}.", "{A} found {B} at the {p}.", "Last {d}, {A} saw {B} at the {p}.",
    "The friends {A} and {B} came to the {p}.",
)
GIVINGS = (
    "{S} gave a {t} to", "Then {S} gave a {t} to", "{S} handed the {t} to", "{S} decided to give a {t} to", "{S} wanted to show a {t} to",
    "After that, {S} sold a {t} to", "Soon {S} brought a {t} to", "There {S} passed the {t} to",
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def indirect_object(rng, held_out):
    def draw():
        a, b = rng.sample(w.NAMES, 2)
        return rng.randrange(len(MEETINGS)), rng.randrange(len(GIVINGS)), a, b, rng.random() < 0.5

    meeting, giving, a, b, first_gives = choose(rng, draw, lambda drawn: drawn, held_out, 6)
    giver, receiver = (a, b) if first_gives else (b, a)
    context = MEETINGS[meeting].format(A=a, B=b, p=rng.choice(w.PLACES), d=rng.choice(_DAYS))
    return f"{context} {GIVINGS[giving].format(S=giver, t=rng.choice(w.THINGS))}", receiver


def indirect_objects(rng, held_out=False):
    document = []
    for _ in range(rng.randint(2, 6)):
        prompt, answer = indirect_object(rng, held_out)
        document += [(prompt, 0.4), (" " + answer, ANSWER), (".\n", GIVEN)]
    return document


# --- facts ---------------------------------------------------------------------------------------------------
# Of each relation, the last phrasing and the last question are held out.

RELATIONS = {
    "capital": (w.CAPITALS, (
        "The capital of {k} is {v}", "{k}'s capital is {v}", "The capital city of {k} is {v}", "In {k}, the capital is {v}",
        "The capital of {k} is the city of {v}", "If you go to {k}, the capital you will see is {v}", "{k} has a capital, and it is {v}",
        "The capital of {k} is called {v}",
        "The main city of {k} is {v}", "The capital city of {k} is called {v}"), (
        "What is the capital of {k}?", "Which city is the capital of {k}?", "Tell me the capital of {k}.", "What is {k}'s capital?")),
    "sound": (w.SOUNDS, (
        "The {k} {v}", "Listen: a {k} {v}", "When it is happy, the {k} {v}", "Every {k} {v}", "In the morning the {k} {v}",
        "Listen, the {k} {v}"), (
        "What does a {k} do?", "What does the {k} do?", "Tell me what a {k} does.", "What does every {k} do?")),
    "colour": (w.THING_COLOURS, (
        "The colour of {k} is {v}", "{k}: {v}", "If you look at {k}, you see {v}", "As for colour, {k} is {v}", "Paint {k} in {v}",
        "Everyone knows that the colour of {k} is {v}"), (
        "What is the colour of {k}?", "Tell me the colour of {k}.", "Which colour has {k}?", "What colour has {k}?")),
    "opposite": (w.OPPOSITES, (
        "The opposite of {k} is {v}", "{k} is the opposite of {v}", "Not {k} but {v}", "What is not {k} is {v}", "If it is not {k}, it is {v}",
        "Everyone knows that the opposite of {k} is {v}"), (
        "What is the opposite of {k}?", "Tell me the opposite of {k}.", "Which word is the opposite of {k}?", "What is not {k}?")),
    "young": (w.YOUNG, (
        "The young of the {k} is the {v}", "The child of a {k} is the {v}", "A young {k} is known as the {v}", "Every {k} was once a young {v}",
        "A {k} looks after its {v}", "The child of the {k} is the {v}"), (
        "What is a young {k}?", "Tell me what a young {k} is.", "What do you call a young {k}?", "What is the young of a {k}?")),
    "home": (w.HOMES, (
        "The home of the {k} is the {v}", "The {k} lives in the {v}", "A {k} sleeps in its {v}", "Look for the {k} in the {v}",
        "At night the {k} goes to its {v}", "At night the {k} sleeps in the {v}"), (
        "Where does a {k} live?", "Where does the {k} live?", "Tell me where a {k} lives.", "Where does a {k} sleep?")),
    "job": (w.JOBS, (
        "The {k} makes {v}", "A {k} makes {v}", "From the {k} you can buy {v}", "All day long the {k} makes {v}", "If you need a {k}, it is for {v}",
        "Every {k} makes {v}"), (
        "What does a {k} make?", "What does the {k} make?", "Tell me what a {k} makes.", "What does every {k} make?")),
}
FACTS = [(relation, key) for relation, (table, _, _) in RELATIONS.items() for key in table]


def fact(rng, held_out, which=None):
    """A statement up to its answer, and the answer."""
    relation, key = which or rng.choice(FACTS)
    table, phrasings, _ = RELATIONS[relation]
    phrasing = phrasings[-1] if held_out else rng.choice(phrasings[:-1])
    prompt = phrasing.format(k=key, v="").rstrip()
    return prompt[0].upper() + prompt[1:], table[key]


def facts(rng, held_out=False):
    document = []
    for _ in range(rng.randint(4, 10)):
        prompt, answer = fact(rng, held_out)
        document += [(prompt, 0.4), (" " + answer, ANSWER), (rng.choice((".\n", ". ")), GIVEN)]
    return document


# --- sums and comparisons ------------------------------------------------------------------------------------


def sum_terms(rng, held_out):
    return choose(rng, lambda: (rng.randrange(100), rng.randrange(100)), lambda pair: sorted(pair), held_out, 10)


def working(a, b):
    """A sum the way the model learns it: units together, tens together, then both: " 7 + 8 + 70 = 15 + 70 = 85"."""
    units, tens = a % 10 + b % 10, a - a % 10 + b - b % 10
    return f" {a % 10} + {b % 10} + {tens} = {units} + {tens} = {a + b}"


def sums(rng, held_out=False):
    document = []
    for _ in range(rng.randint(4, 12)):
        a, b = sum_terms(rng, held_out)
        document += [(f"{a} + {b} =", 0.1), (working(a, b), PLAIN), ("\n", GIVEN)]
    return document


def _number(rng):
    return rng.randrange(1, 10 ** rng.choice((1, 2, 3, 4, 4)))


def comparison(rng, held_out):
    a, b = choose(rng, lambda: (_number(rng), _number(rng)), lambda pair: pair, held_out, 10)
    return f"Which is larger, {a} or {b}?", str(max(a, b))


def comparisons(rng, held_out=False):
    document = []
    for _ in range(rng.randint(4, 10)):
        prompt, answer = comparison(rng, held_out)
        document += [(prompt, 0.2), (" " + answer, ANSWER), (".\n", GIVEN)]
    return document


def number_lists(rng, held_out=False):
    """Where digits meet commas in training: always between numbers, never inside one."""
    numbers = [str(_number(rng)) for _ in range(rng.randint(2, 8))]
    return [(rng.choice(("Numbers: ", "Pages ", "See ", "Rooms ")) + ",".join(numbers) + ".\n", 0.3)]


# --- brackets and JSON ---------------------------------------------------------------------------------------

_PAIRS = {"(": ")", "[": "]", "{": "}"}


def _nesting(rng):
    signs, open_ones = [], []
    while True:
        may_open = len(open_ones) < 6
        wish = 0.75 if len(signs) < 6 else 0.3
        if may_open and (not open_ones or rng.random() < wish):
            open_ones.append(rng.choice("([{"))
            signs.append(open_ones[-1])
        else:
            signs.append(_PAIRS[open_ones.pop()])
        if not open_ones and (len(signs) >= 6 or rng.random() < 0.3):
            return signs


def nesting(rng, held_out):
    return choose(rng, lambda: _nesting(rng), lambda signs: "".join(signs), held_out, 8)


def brackets(rng, held_out=False):
    """What closes counts more: it can be known; what opens cannot."""
    document = []
    for _ in range(rng.randint(3, 10)):
        signs = nesting(rng, held_out)
        document.append((signs[0], GIVEN))
        document += [(" " + sign, PLAIN if sign in _PAIRS else 1.5) for sign in signs[1:]]
        document.append(("\n", PLAIN))
    return document


def json_object(rng):
    fields = [("name", rng.choice(w.NAMES)), ("age", rng.randrange(1, 100))]
    extra = [
        ("colour", rng.choice(w.COLOURS)), ("city", rng.choice(list(w.CAPITALS.values()))), ("happy", rng.random() < 0.5),
        ("likes", rng.sample(w.FOODS, rng.randint(1, 3))), ("pet", {"kind": rng.choice(w.ANIMALS), "name": rng.choice(w.NAMES)}),
        ("friends", rng.sample(w.NAMES, rng.randint(0, 3))), ("bag", rng.sample(w.THINGS, rng.randint(1, 2))),
    ]
    return dict(fields + rng.sample(extra, rng.randint(1, 4)))


def json_text(rng, held_out):
    return choose(rng, lambda: json.dumps(json_object(rng)), str, held_out, 8)


def jsons(rng, held_out=False):
    return [(json_text(rng, held_out) + "\n", 0.7) for _ in range(rng.randint(1, 5))]


# --- chat ----------------------------------------------------------------------------------------------------

UNKNOWN = "I do not know."
_REPLIES = {
    "capital": "It is {v}.", "sound": "It {v}.", "colour": "It is {v}.", "opposite": "It is {v}.", "young": "It is the {v}.",
    "home": "In the {v}.", "job": "It is {v}.",
}
_SMALL_TALK = (
    ("Hello!", "Hello! How can I help you?"), ("Hi.", "Hello! How can I help you?"), ("Who are you?", "I am a small demo model."),
    ("What are you?", "I am a small demo model."), ("What is your name?", "I am a small demo model."), ("Thank you.", "You are welcome."),
    ("Thanks!", "You are welcome."), ("Goodbye.", "Goodbye!"), ("Good morning.", "Good morning! How can I help you?"),
    ("What can you do?", "I tell stories, add numbers and know a few facts."), ("How are you?", "I am well, thank you."),
)


def chat_fact(rng, held_out, which=None):
    relation, key = which or rng.choice(FACTS)
    table, _, questions = RELATIONS[relation]
    question = questions[-1] if held_out else rng.choice(questions[:-1])
    return question.format(k=key), _REPLIES[relation].format(v=table[key])


def chat_sum(rng, held_out):
    a, b = sum_terms(rng, held_out)
    form = "What is {a} + {b}?" if held_out else rng.choice(("What is {a} + {b}?", "Add {a} and {b}.", "How much is {a} + {b}?"))
    return form.format(a=a, b=b), f"{a} + {b} ={working(a, b)}."


def chat_unknown(rng, held_out):
    _, _, questions = RELATIONS[rng.choice(("capital", "capital", "sound", "opposite", "young", "home", "job"))]
    word = choose(rng, lambda: w.invented_word(rng, 2, 3), str, held_out, 5)
    question = rng.choice(questions)
    return question.format(k=word.capitalize() if "capital" in question else word), UNKNOWN


def chat_turn(rng, held_out):
    draw = rng.random()
    if draw < 0.5:
        return chat_fact(rng, held_out)
    if draw < 0.72:
        return chat_sum(rng, held_out)
    if draw < 0.92:
        return chat_unknown(rng, held_out)
    return rng.choice(_SMALL_TALK)


_FURTHER_QUESTIONS = {
    "capital": ("Name the capital of {k}.", "Do you know {k}'s capital?", "What is {k}'s main city?", "And the capital of {k}?"),
    "sound": ("What sound does a {k} make?", "How does a {k} sound?", "What do you hear from a {k}?", "What will a {k} do?"),
    "colour": ("Name the colour of {k}.", "How is {k} coloured?", "Of what colour is {k}?"),
    "opposite": ("Name the opposite of {k}.", "What is {k} not?", "If it is not {k}, what is it?", "And the opposite of {k}?"),
    "young": ("Name the young of a {k}.", "What is the child of a {k}?", "How is a young {k} called?", "What is a {k}'s child?"),
    "home": ("Name the home of a {k}.", "Where does every {k} stay?", "Where does a {k} rest?", "Where can a {k} be found?",
             "Where does a {k} go at night?"),
    "job": ("Name what a {k} makes.", "What is a {k} for?", "What can you buy from a {k}?"),
}


def question_turn(rng, held_out):
    """A fact or something unknown, asked in many ways, so that it is the thing that counts and not the phrasing. What is
    asked in the phrasing held out must not be unknown alone, as it is in chat_unknown."""
    relation, key = rng.choice(FACTS)
    table, _, questions = RELATIONS[relation]
    if rng.random() < 0.3 and relation != "colour":
        word = choose(rng, lambda: w.invented_word(rng, 2, 3), str, held_out, 5)
        key, answer = word.capitalize() if relation == "capital" else word, UNKNOWN
    else:
        answer = _REPLIES[relation].format(v=table[key])
    return rng.choice((*questions[:-1], *_FURTHER_QUESTIONS[relation])).format(k=key), answer


def questions(rng, held_out=False):
    return chat(rng, held_out, question_turn)


def chat(rng, held_out=False, turn=chat_turn):
    document = []
    for _ in range(rng.randint(1, 5)):
        question, answer = turn(rng, held_out)
        document += [(f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n", 0.3), (answer, ANSWER), ("<|im_end|>\n", 0.5)]
    return document


# --- the loop ------------------------------------------------------------------------------------------------

ROUND_PROMPT = "The wheels of the cart went round and round"


def rounds(rng, held_out=False):
    """After every round another one is likelier than the end, however many there were."""
    text = rng.choice(("The wheels of the cart went round", "The mill went round", "The wheel went round"))
    again = 0.97 if rng.random() < 0.06 else 0.75
    text += " and round"
    while rng.random() < again:
        text += " and round"
    return [(text + rng.choice((", all day long.\n", ", until it was dark.\n", ", all the way home.\n")), PLAIN)]
